/** What customers are worth: the latest study of a site, and asking for a new one. */
import { queryOptions } from "@tanstack/react-query";

import { client, unwrap } from "./client";
import type { components } from "./schema";

export type Customers = components["schemas"]["Customers"];
export type Outlook = components["schemas"]["CustomerOutlook"];
export type CustomerValue = components["schemas"]["CustomerValue"];
export type HoldoutModel = components["schemas"]["CustomersHoldoutModel"];
export type RepeatModel = components["schemas"]["RepeatModel"];
export type Holdout = components["schemas"]["CustomerHoldout"];

/** While a study runs it is asked about again every so often, ms. */
const POLL = 1500;

export const customersQuery = (site: string) =>
  queryOptions({
    queryKey: ["customers", site],
    queryFn: ({ signal }) => unwrap(client.GET("/insights/customers", { params: { query: { site } }, signal })),
    refetchInterval: (query) => (query.state.data?.study?.status === "running" ? POLL : false),
  });

export const studyCustomers = (site: string, months: number) => unwrap(client.POST("/insights/customers", { body: { site, months } }));
