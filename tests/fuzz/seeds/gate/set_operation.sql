select email from customers union all (values ('x')) except table customers
