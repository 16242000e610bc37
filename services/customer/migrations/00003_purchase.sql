-- +goose Up

-- What customers have bought, as far as it is known: the facts of an order come in any order. What was paid for how much, and
-- when, is NULL until it comes; settled says that it is final. What was cancelled or sent back is void and counts no more.
-- Amounts are minor units. counted is what of it has been added to its buyer.
-- imported is when the last fact of an import was said of the order: what was said before it does not count any more. What the company
-- did with the order itself is said for good.
create table purchase (
    order_id text    not null constraint purchase_pkey primary key,
    customer text    not null,
    currency text,
    time     bigint,
    units    bigint  constraint purchase_units_range check (units between -9000000000000000 and 9000000000000000),
    amount   bigint  constraint purchase_amount_range check (amount between -9000000000000000 and 9000000000000000),
    settled  boolean not null,
    void     boolean not null,
    imported bigint  not null default 0,
    counted_orders bigint not null default 0,
    counted_units  bigint not null default 0,
    counted_amount bigint not null default 0,
    constraint purchase_known_at_once check (
        (currency is null) = (time is null) and (currency is null) = (units is null) and (currency is null) = (amount is null)
    )
);
create index purchase_customer on purchase (customer, currency, time) where void = false;
create index purchase_time on purchase (currency, time) where void = false;

-- The same, counted by customer. Who has nothing left that counts keeps a row, since it is what two who count the same
-- customer wait for; its orders are 0 then, and bought_in, by which those who count are found, is empty.
create table buyer (
    customer    text   not null,
    currency    text   not null,
    first_order bigint,
    last_order  bigint,
    orders      bigint not null constraint buyer_orders_range check (orders between 0 and 9000000000000000),
    units       bigint not null constraint buyer_units_range check (units between -9000000000000000 and 9000000000000000),
    amount      bigint not null constraint buyer_amount_range check (amount between -9000000000000000 and 9000000000000000),
    bought_in   text   not null,
    constraint buyer_pkey primary key (currency, customer),
    constraint buyer_bought_in check (bought_in = case when orders > 0 then currency else '' end)
);
-- Lists are read along these, and scores are told by what stands at each fifth of them.
create index buyer_amount on buyer (bought_in, amount, customer);
create index buyer_orders on buyer (bought_in, orders, customer);
create index buyer_last_order on buyer (bought_in, last_order, customer);
create index buyer_first_order on buyer (bought_in, first_order);
