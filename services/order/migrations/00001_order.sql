-- +goose Up

-- The company that we work for: a copy of what the customer service owns.
create table company (
    name    text   not null constraint company_pkey primary key,
    version bigint not null,
    content bytea  not null
);

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

-- An order that an import brought (source_import) was delivered long ago; nothing was promised here. Its id is made from what the file
-- says of it, so that the primary key keeps it from being imported twice. Where it has a number, that is known once for each issuer, and
-- digest tells whether a later file says the same. It is as imports have left it while its version is imported_version.
--
-- asking is how many shortages the customer is being asked about, owed how many units are neither held nor called off. Both
-- are changed by the first statement of whoever changes them, so that one row decides who comes first: an order that
-- somebody picks is complete, and stays so.
create table orders (
    id               text   not null constraint orders_pkey primary key,
    version          bigint not null constraint orders_version_range check (version > 0),
    customer         text   not null,
    creator_role     bigint not null,
    creator          text   not null,
    state            bigint not null constraint orders_state_known check (state between 1 and 6),
    promise_state    bigint not null,
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
    promised         bigint,
    first_promised   bigint,
    expected         bigint,
    created          bigint not null,
    picked           bigint,
    shipped          bigint,
    delivered        bigint,
    cancelled        bigint,
    cancel_reason    text   not null,
    returned         bigint,
    return_reason    text   not null default '',
    asking           bigint not null default 0,
    owed             bigint not null default 0,
    source_import    text   not null default '',
    issuer           text   not null default '',
    order_number     text   not null default '',
    number_key       text   not null default '', -- its letters and digits, where it has others
    delivery_fee     bigint not null default 0 constraint orders_delivery_fee_range check (delivery_fee between 0 and 9000000000000000),
    tax              bigint not null default 0 constraint orders_tax_range check (tax between 0 and 9000000000000000),
    added_tax        bigint not null default 0,
    discount         bigint not null default 0 constraint orders_discount_range check (discount between 0 and 9000000000000000),
    note             text   not null default '',
    imported_version bigint not null default 1,
    digest           bigint not null default 0,
    constraint orders_promise_state_known check (promise_state between 1 and 5 or promise_state = 0 and source_import <> ''),
    constraint orders_promised_unless_imported
        check ((source_import <> '') = (promised is null) and (source_import <> '') = (first_promised is null) and (source_import <> '') = (expected is null)),
    constraint orders_refunded_within_total check (refunded between 0 and goods + fee + delivery_fee + added_tax),
    constraint orders_added_tax_within_tax check (added_tax between 0 and tax),
    constraint orders_delivered_after_shipped check (delivered >= shipped),
    constraint orders_cancelled_with_reason check (state <> 5 or cancel_reason <> ''),
    constraint orders_returned_with_reason check (state <> 6 or return_reason <> ''),
    constraint orders_owed_range check (asking >= 0 and owed >= 0),
    constraint orders_complete check (state in (0, 1) or asking = 0 and owed = 0)
);
create index orders_created on orders (created, id);
create unique index orders_number on orders (order_number, issuer) where order_number <> '';
create index orders_number_key on orders (number_key) where number_key <> '';
create index orders_customer on orders (customer, created, id);
-- Most orders have long been delivered, and their promises kept. What is listed by any other state is found without passing over
-- them.
create index orders_not_delivered on orders (created, id) where state = 1 or state = 2 or state = 3 or state = 5 or state = 6;
create index orders_not_kept on orders (created, id) where promise_state = 2 or promise_state = 4 or promise_state = 5;

-- Lines are written with their order, by one statement after it and in its transaction, and never alone: a foreign key would
-- look the order up once more for each line. They are numbered from 1 without gaps.
create table order_line (
    order_id       text   not null,
    number         bigint not null,
    product_id     text   not null,
    quantity       bigint not null constraint order_line_quantity_range check (quantity between 1 and 1000000),
    price          bigint not null constraint order_line_price_range check (price between 0 and 9000000000000000),
    missing        bigint not null default 0,
    replaced_product text   not null default '',
    product_name   text   not null default '',
    returned       bigint not null default 0 constraint order_line_returned_range check (returned >= 0),
    constraint order_line_pkey primary key (order_id, number),
    constraint order_line_missing_within_quantity check (missing between 0 and quantity - returned)
);

-- The steps of an order's way, but for its placing, which the order tells itself.
create table tracking (
    order_id      text   not null,
    version       bigint not null,
    time          bigint not null,
    state         bigint not null,
    promise_state bigint not null,
    expected      bigint,
    note          text   not null,
    constraint tracking_pkey primary key (order_id, version)
);

-- owed units are neither held nor called off: the customer is being asked, or waits. What could come instead is held as long as
-- the customer is being asked. A choice that was not offered is refused by the row, as is a second answer.
create table shortage (
    id               text   not null constraint shortage_pkey primary key,
    order_id         text   not null references orders (id),
    customer         text   not null,
    product_id       text   not null,
    quantity         bigint not null constraint shortage_quantity_range check (quantity between 1 and 1000000),
    owed             bigint not null,
    reason           text   not null constraint shortage_with_reason check (reason <> ''),
    wait             bigint,
    substitute_id    text   not null,
    substitute_price bigint not null,
    state            bigint not null constraint shortage_state_known check (state between 1 and 4),
    choice           bigint not null constraint shortage_choice_known check (choice between 0 and 3),
    default_choice   bigint not null constraint shortage_default_choice_known check (default_choice between 1 and 3),
    deadline         bigint not null,
    answered_role    bigint not null,
    answered_by      text   not null,
    created          bigint not null,
    answered         bigint,
    constraint shortage_owed_within_quantity check (owed between 0 and quantity),
    constraint shortage_owed_to_who_waits check (state = 0 or owed = 0 or state = 1 or choice = 1),
    constraint shortage_choice_when_decided check (state = 0 or (state in (2, 3)) = (choice <> 0)),
    constraint shortage_choice_offered check (
        state = 0 or choice in (0, 3)
        or choice = 2 and substitute_id <> ''
        or choice = 1 and (state = 3 or wait is not null and answered <= wait)
    )
);
create unique index shortage_open on shortage (order_id, product_id) where state = 1;
create index shortage_order on shortage (order_id, created, id);
create index shortage_owed on shortage (product_id, created, id) where owed > 0;

-- What the shop does about shortages: one row.
create table shortage_policy (
    id              bigint not null constraint shortage_policy_pkey primary key constraint shortage_policy_one check (id = 1),
    version         bigint not null,
    answer_duration bigint not null,
    default_choice  bigint not null,
    constraint shortage_policy_answer_duration_range check (answer_duration between 60000000 and 2592000000000),
    constraint shortage_policy_default_choice_known check (default_choice between 1 and 3)
);
insert into shortage_policy (id, version, answer_duration, default_choice) values (1, 1, 86400000000, 1);

-- The key is what makes a refund happen once: it is the purpose, or, for what was missing, the shortage. The promise that it
-- is settled is answered once, by the state that the row moves to.
create table refund (
    order_id      text   not null references orders (id),
    id            text   not null,
    purpose       bigint not null constraint refund_purpose_known check (purpose between 1 and 4),
    state         bigint not null constraint refund_state_known check (state between 1 and 2),
    amount        bigint not null constraint refund_amount_range check (amount between 1 and 9000000000000000),
    currency      text   not null,
    customer      text   not null,
    created       bigint not null,
    settled       bigint,
    reference     text   not null,
    promise       text   not null,
    promise_state bigint not null constraint refund_promise_state_known check (promise_state in (1, 3, 4)),
    due           bigint not null,
    constraint refund_pkey primary key (order_id, id)
);
create unique index refund_purpose on refund (order_id, purpose) where purpose <> 3;

-- Credits on invoices, each under the key of what it settles.
create table invoice_credit (
    reference text   not null constraint invoice_credit_pkey primary key,
    order_id  text   not null,
    amount    bigint not null constraint invoice_credit_amount_range check (amount between 1 and 9000000000000000),
    currency  text   not null,
    created   bigint not null
);
