-- What is known to tell: the twins are expected to differ (test_known_limit). A case that no longer does belongs in another family.
partitioned by a masked column | select id from crm.limit_list_1 order by id
order of partitions by a masked column | select id from crm.limit_list
check over masked and visible @bob | begin ;; update billing.limit_check set high = 6 where id = 7 ;; rollback
unique masked column @bob | begin ;; insert into billing.limit_unique values (90, 'blice1@example.net') ;; rollback
unique masked column without an error @bob | begin ;; insert into billing.limit_unique values (90, 'blice1@example.net') on conflict do nothing ;; rollback
copy by a hidden condition | select count(*) from crm.limit_where
