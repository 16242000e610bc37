-- +goose Up
create table placeholder_support (id text not null constraint placeholder_support_pkey primary key);
