-- +goose Up
create table placeholder_loyalty (id text not null constraint placeholder_loyalty_pkey primary key);
