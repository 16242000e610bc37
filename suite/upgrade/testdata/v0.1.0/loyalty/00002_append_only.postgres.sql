-- +goose Up
-- The ledger is only added to. SQLite has the same in its own words.

-- +goose StatementBegin
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception using errcode = 'check_violation', constraint = tg_table_name || '_append_only',
        message = tg_table_name || ' is only added to';
end $$;
-- +goose StatementEnd

create trigger entry_append_only before update or delete or truncate on entry
    for each statement execute function refuse_change();
create trigger posting_append_only before update or delete or truncate on posting
    for each statement execute function refuse_change();
