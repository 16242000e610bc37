-- +goose Up
-- The ledger is only added to. PostgreSQL has the same in its own words.

-- +goose StatementBegin
create trigger entry_no_update before update on entry begin
    select raise(abort, 'entry_append_only');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger entry_no_delete before delete on entry begin
    select raise(abort, 'entry_append_only');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger posting_no_update before update on posting begin
    select raise(abort, 'posting_append_only');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger posting_no_delete before delete on posting begin
    select raise(abort, 'posting_append_only');
end;
-- +goose StatementEnd
