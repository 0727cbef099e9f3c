select U&"d\0061t" , E'\'', $x$ -- $x$ /* /* nested */ */ from "customers"
