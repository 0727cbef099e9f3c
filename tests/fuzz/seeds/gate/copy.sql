copy (select email from customers) to stdout with (format csv, header)
