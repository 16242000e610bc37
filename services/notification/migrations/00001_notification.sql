-- +goose Up
create table placeholder_notification (id text not null constraint placeholder_notification_pkey primary key);
