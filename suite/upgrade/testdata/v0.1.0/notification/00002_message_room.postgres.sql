-- +goose Up

-- A message, its deliveries and its customer's count are updated soon after they were written, in columns that no index has. With
-- room left in its page a row need not move to another one, which would have every index of the table written anew.
alter table message set (fillfactor = 60);
alter table delivery set (fillfactor = 50);
alter table addressee set (fillfactor = 70);
