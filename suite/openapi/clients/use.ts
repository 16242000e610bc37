// What a shop would write with each of the clients: it has to compile.
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/types";
import { cancelOrder, createOrder, listOrders, updateCustomer } from "./generated/sdk";
import type { Order, OrderState } from "./generated/sdk";

const baseUrl = "https://shop.example";
const address = { regionCode: "UA", postalCode: "01001", locality: "Kyiv", addressLines: ["The office"] };
const order = {
  customer: "customers/1",
  deliveryOption: "deliveryOptions/express",
  lines: [{ product: "products/coffee-pot", quantity: "2" }],
  deliveryAddress: address,
};

export const placed = async (): Promise<Order | undefined> => {
  const { data, error, response } = await createOrder({ baseUrl, body: order, headers: { "Idempotency-Key": "1" } });
  if (error) throw new Error(`${response?.status} ${error}`);
  return data;
};

export const cancelled = async (orderId: string): Promise<OrderState | undefined> =>
  (await cancelOrder({ baseUrl, path: { orderId }, body: { reason: "Not wanted any more" } })).data?.state;

export const moved = async (customerId: string, etag: string) =>
  updateCustomer({ baseUrl, path: { customerId }, body: { displayName: "Olena" }, headers: { "If-Match": etag } });

export const all = async () => (await listOrders({ baseUrl, query: { pageSize: 10 } })).data?.orders?.map((o) => o.name);

const client = createClient<paths>({ baseUrl });

export const fetched = async (orderId: string): Promise<components["schemas"]["Order"] | undefined> => {
  const { data, error } = await client.GET("/v1/orders/{orderId}", { params: { path: { orderId } } });
  if (error) throw new Error("message" in error ? error.message : error.title);
  return data;
};
