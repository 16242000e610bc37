-- +goose Up
create table product (
    id           text   not null constraint product_pkey primary key,
    display_name text   not null,
    currency     text   not null,
    price        bigint not null constraint product_price_range check (price between 0 and 9000000000000000),
    created      bigint not null
);

-- Held units are on hand, and promised to an order. The check is what keeps a unit from being promised twice.
create table stock (
    product_id text   not null constraint stock_pkey primary key references product (id),
    on_hand    bigint not null constraint stock_range check (on_hand between 0 and 9000000000000000),
    held       bigint not null,
    constraint stock_held_within_on_hand check (held between 0 and on_hand)
);

create table delivery_option (
    id           text   not null constraint delivery_option_pkey primary key,
    display_name text   not null,
    promised     bigint not null,
    risk         bigint not null,
    fee          bigint not null constraint delivery_option_fee_range check (fee between 0 and 9000000000000000),
    currency     text   not null,
    constraint delivery_option_risk_within_promised check (risk > 0 and risk < promised)
);

-- Customers of whom this service knows that they exist. The customer service owns them.
create table known_customer (
    name text not null constraint known_customer_pkey primary key
);

create table orders (
    id               text   not null constraint orders_pkey primary key,
    version          bigint not null,
    customer         text   not null,
    state            bigint not null constraint orders_state_known check (state between 1 and 5),
    promise_state    bigint not null constraint orders_promise_state_known check (promise_state between 1 and 5),
    promise          text   not null,
    currency         text   not null,
    goods            bigint not null constraint orders_goods_range check (goods between 0 and 9000000000000000),
    fee              bigint not null constraint orders_fee_range check (fee between 0 and 9000000000000000),
    refunded         bigint not null,
    delivery_option  text   not null,
    channel          bigint not null,
    payment_method   bigint not null,
    delivery_address bytea,
    billing_address  bytea,
    home_address     bytea,
    promised         bigint not null,
    expected         bigint not null,
    created          bigint not null,
    picked           bigint,
    shipped          bigint,
    delivered        bigint,
    cancelled        bigint,
    cancel_reason    text   not null,
    constraint orders_refunded_within_total check (refunded between 0 and goods + fee),
    constraint orders_delivered_after_shipped check (delivered >= shipped),
    constraint orders_cancelled_with_reason check (state <> 5 or cancel_reason <> '')
);
create index orders_created on orders (created, id);
create index orders_customer on orders (customer, created, id);

-- Lines are written with their order, by one statement after it and in its transaction, and never alone: a foreign key would
-- look the order up once more for each line.
create table order_line (
    order_id   text   not null,
    number     bigint not null,
    product_id text   not null,
    quantity   bigint not null constraint order_line_quantity_range check (quantity between 1 and 1000000),
    price      bigint not null constraint order_line_price_range check (price between 0 and 9000000000000000),
    constraint order_line_pkey primary key (order_id, number)
);

-- The key is what makes a refund happen once: an order has one for each purpose at most.
create table refund (
    order_id  text   not null references orders (id),
    purpose   bigint not null,
    state     bigint not null constraint refund_state_known check (state between 1 and 2),
    amount    bigint not null constraint refund_amount_range check (amount between 1 and 9000000000000000),
    currency  text   not null,
    customer  text   not null,
    created   bigint not null,
    settled   bigint,
    reference text   not null,
    constraint refund_pkey primary key (order_id, purpose)
);

-- Credits on invoices, each under the key of what it settles.
create table invoice_credit (
    reference text   not null constraint invoice_credit_pkey primary key,
    order_id  text   not null,
    amount    bigint not null constraint invoice_credit_amount_range check (amount between 1 and 9000000000000000),
    currency  text   not null,
    created   bigint not null
);
