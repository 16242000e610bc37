-- +goose Up

-- The company that we work for: a copy of what the customer service owns.
create table company (
    name    text   not null constraint company_pkey primary key,
    version bigint not null,
    content bytea  not null
);

-- How customers can be reached and addressed: a copy of what the customer service owns. The version orders the news.
create table contact (
    customer      text   not null constraint contact_pkey primary key,
    version       bigint not null,
    display_name  text   not null,
    language_code text   not null,
    email         text   not null,
    -- Whether the address is known to be the customer's. Before that nothing but a code is mailed to it.
    email_confirmed boolean not null
);

-- Templates as they were changed. Version 1 of each is in the code.
create table template_version (
    template text   not null,
    version  bigint not null constraint template_version_after_seed check (version > 1),
    texts    bytea  not null,
    updated  bigint not null,
    constraint template_version_pkey primary key (template, version)
);

-- How many messages a customer has had. The row's lock makes the numbers of a customer's messages grow in the order in
-- which the messages can be seen, so that whoever follows an inbox from a number on misses none.
create table addressee (
    customer text   not null constraint addressee_pkey primary key,
    messages bigint not null
);

-- The id is that of the event that caused the message: no fact is told twice.
create table message (
    id               text   not null constraint message_pkey primary key,
    customer         text   not null,
    number           bigint not null,
    version          bigint not null,
    template         text   not null,
    template_version bigint not null,
    language_code    text   not null,
    title            text   not null,
    body             text   not null,
    about            text   not null,
    event_type       text   not null,
    subject          text   not null,
    expires          bigint,
    created          bigint not null,
    read             bigint,
    constraint message_number unique (customer, number)
);
create index message_created on message (created, id);
create index message_customer on message (customer, created, id);
create index message_about on message (about, created, id);

create table delivery (
    message_id text   not null,
    channel    bigint not null constraint delivery_channel_known check (channel in (6, 7)),
    state      bigint not null constraint delivery_state_known check (state between 1 and 6),
    sent       bigint,
    constraint delivery_pkey primary key (message_id, channel)
);

create table attempt (
    message_id text   not null,
    channel    bigint not null,
    number     bigint not null,
    started    bigint not null,
    ended      bigint,
    outcome    bigint not null,
    response   text   not null,
    constraint attempt_pkey primary key (message_id, channel, number)
);
-- A mail is being sent by one process at a time. An attempt that is open when another begins was left by one that died.
create unique index attempt_one_open on attempt (message_id, channel) where ended is null;

-- What a customer can do from a message.
create table action (
    message_id   text   not null,
    number       bigint not null,
    choice       text   not null,
    label        text   not null,
    confirmation text   not null,
    claimed      bigint,
    taken        bigint,
    constraint action_pkey primary key (message_id, choice)
);
-- Of a message's choices one can be taken.
create unique index action_taken_once on action (message_id) where taken is not null;

-- What is decided, such as a shortage: nothing can be chosen about it any more, whenever the message about it comes.
create table decided (
    name    text   not null constraint decided_pkey primary key,
    decided bigint not null
);
