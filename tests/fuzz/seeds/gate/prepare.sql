prepare p(text) as select email from customers where email = $1; execute p('a')
