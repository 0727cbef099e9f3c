explain (analyze, verbose) select email from customers for update
