/** Questions in words and in SQL, and the figures everybody asks for, as TanStack Query options. */
import { queryOptions } from "@tanstack/react-query";

import { asked } from "./call";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type QuestionAnswer = Schemas["QuestionAnswer"];
export type SqlAnswer = Schemas["SqlAnswer"];
export type AnswerColumn = Schemas["AnswerColumn"];
export type AnswerChart = Schemas["AnswerChart"];
export type QuerySchema = Schemas["QuerySchema"];
export type Kpi = Schemas["Kpi"];
export type Kpis = Schemas["Kpis"];
export type Suggestions = Schemas["Suggestions"];

const MINUTE = 60_000;

/** A question's answer. It reads only, so it is a query although it is sent as a POST; a refusal is final. */
export const answerQuery = (site: string, question: string) =>
  queryOptions({
    queryKey: ["query/ask", site, question],
    queryFn: ({ signal }) => asked<QuestionAnswer>("POST", "/query/ask", { body: { question, site }, signal }),
    staleTime: 5 * MINUTE,
    retry: false,
    refetchOnWindowFocus: false,
  });

export const suggestionsQuery = (site: string) =>
  queryOptions({
    queryKey: ["query/suggestions", site],
    queryFn: ({ signal }) => asked<Suggestions>("GET", "/query/suggestions", { query: { site }, signal }),
    staleTime: 5 * MINUTE,
  });

export const kpisQuery = (site: string) =>
  queryOptions({
    queryKey: ["kpis", site],
    queryFn: ({ signal }) => asked<Kpis>("GET", "/kpis", { query: { site }, signal }),
    staleTime: 5 * MINUTE,
  });

export const querySchemaQuery = queryOptions({
  queryKey: ["query/schema"],
  queryFn: ({ signal }) => asked<QuerySchema>("GET", "/query/schema", { signal }),
  staleTime: 60 * MINUTE,
});

export const runSql = (site: string, sql: string) => asked<SqlAnswer>("POST", "/query/run", { body: { sql, site } });
export const judgeAnswer = (site: string, hash: string, verdict: "up" | "down", comment?: string) =>
  asked<undefined>("POST", "/query/feedback", { body: { site, hash, verdict, ...(comment ? { comment } : {}) } });
