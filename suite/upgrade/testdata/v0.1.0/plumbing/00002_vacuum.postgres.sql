-- +goose Up

-- Every event leaves dead rows: one when it is published and one when it is deleted, days later. By default a vacuum comes when a
-- fifth of the table is dead, which is a day and more of a week's events. Small vacuums, often, pass over little and hold up
-- nobody; the deleted rows' room is filled by the next ones, and the tables stop growing.
alter table outbox set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000);
alter table inbox set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000);
alter table idempotency set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000);
