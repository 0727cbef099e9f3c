-- What the data scripts share. `test.twin` says which of the two is made; everything else is the same in both.
create function pg_temp.a() returns boolean stable language sql as $$ select current_setting('test.twin') = 'a' $$;
-- One value for each twin. Only what the policy hides may be chosen this way.
create function pg_temp.pick(text, text) returns text stable language sql as $$ select case when pg_temp.a() then $1 else $2 end $$;
create function pg_temp.pick(anycompatible, anycompatible) returns anycompatible stable language sql as $$ select case when pg_temp.a() then $1 else $2 end $$;
create function pg_temp.letter(bigint) returns text immutable language sql as $$ select substr('ABCDEFGHIJ', 1 + ($1 % 10)::int, 1) $$;
-- Kept: the first letter, whether there is an `@` behind it, the ending.
create function pg_temp.mail(n bigint) returns text stable language sql as $$
  select case when n % 9 = 0 then null when n % 14 = 0 then pg_temp.pick('none of ' || n, (n * 1001)::text)
    else lower(pg_temp.letter(n)) || pg_temp.pick('lice' || n || '@example', repeat('b', (n % 11)::int) || n || '@some.other-host')
      || (array['.com', '.net', '.jp'])[1 + n % 3] end $$;
-- Kept: the first character and whether there are more. The twins differ in length, order and in what casts to a number.
create function pg_temp.person(n bigint) returns text stable language sql as $$
  select case when n % 11 = 0 then null when n % 13 = 0 then pg_temp.pick('q', '')
    when n % 7 = 0 then '7' || pg_temp.pick((n * 3)::text, ' sins of ' || n)
    else pg_temp.letter(n) || pg_temp.pick(chr(97 + (n % 26)::int) || n, repeat(chr(122 - (n % 26)::int), (n % 6)::int + 1)) end $$;
-- Kept: the last two digits, and whether there are eight at least.
create function pg_temp.phone(n bigint) returns text stable language sql as $$
  select case when n % 8 = 0 then pg_temp.pick('unknown', '12' || n)
    else pg_temp.pick('090-1234-' || lpad((n * 37 % 100)::text, 2, '0') , '+81 (3) 9' || n || '999-000-00') || lpad(n::text, 2, '0') end $$;
-- Kept: everything but what the detectors find.
create function pg_temp.prose(n bigint) returns text stable language sql as $$
  select (array['Write to ', 'Ask ', 'Paid by card ', 'Came from ', 'No data about '])[1 + n % 5] ||
    (array[pg_temp.pick('q' || n || '@host.example', 'someone.else@a-longer-host.example'),
           pg_temp.pick('090-1234-56' || lpad((n % 100)::text, 2, '0'), '0801234567' || n % 10),
           pg_temp.pick('4111 1111 1111 1111', '5500000000000004'),
           pg_temp.pick('203.0.113.' || n % 250, '10.0.0.1'),
           'this ' || n])[1 + n % 5] || ' on day ' || n $$;
