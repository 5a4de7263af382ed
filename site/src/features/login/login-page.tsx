import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { Eye, EyeOff, LoaderCircle } from "lucide-react";
import { useEffect, useId, useState } from "react";

import { ApiError, describe } from "@/api/problem";
import { healthQuery, login } from "@/api/queries";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { Logo } from "@/features/shell/logo";

const DEMO = { email: "admin@demo.test", password: "adroit-demo" };

export function LoginPage() {
  const { redirect } = useSearch({ from: "/login" });
  const router = useRouter();
  const queryClient = useQueryClient();
  const health = useQuery(healthQuery);
  const id = useId();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [missing, setMissing] = useState(false);
  const [shown, setShown] = useState(false);
  const demo = health.data?.demo === true && ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);

  useEffect(() => {
    document.title = "Sign in · Adroit";
  }, []);

  const enter = useMutation({
    mutationFn: () => login(email.trim(), password),
    onSuccess: async () => {
      queryClient.removeQueries({ queryKey: ["me"] });
      await router.invalidate();
      router.history.push(redirect ?? "/");
    },
  });
  const problem = missing
    ? { title: "Email and password are both needed", detail: email.trim() === "" ? "Enter the email you were invited with." : "Enter your password." }
    : enter.error
      ? explain(enter.error)
      : null;

  return (
    <main className="relative grid min-h-svh place-items-center overflow-hidden px-4 py-10">
      <div
        aria-hidden
        className="absolute inset-x-0 top-0 h-[28rem] [background:radial-gradient(46rem_24rem_at_50%_-6rem,var(--accent-soft),transparent)]"
      />
      <div className="relative w-full max-w-[22rem]">
        <div className="mb-7 flex flex-col items-center text-center">
          <Logo className="mb-4 size-10" />
          <h1 className="text-xl font-semibold">Sign in to Adroit</h1>
          <p className="text-muted-foreground mt-1 text-sm">From the first click to attributed revenue.</p>
        </div>
        <form
          noValidate
          className="bg-card shadow-card space-y-4 rounded-xl border p-5"
          onSubmit={(event) => {
            event.preventDefault();
            if (enter.isPending) return;
            setMissing(email.trim() === "" || password === "");
            if (email.trim() !== "" && password !== "") enter.mutate();
          }}
        >
          <div className="space-y-1.5">
            <Label htmlFor={`${id}-email`}>Email</Label>
            <Input
              id={`${id}-email`}
              type="email"
              name="email"
              autoComplete="username"
              // The only thing to do on this page.
              // eslint-disable-next-line jsx-a11y/no-autofocus
              autoFocus
              required
              value={email}
              onChange={(event) => setEmail(event.target.value)}
              aria-invalid={problem !== null}
              aria-describedby={problem ? `${id}-problem` : undefined}
              className="h-9"
            />
          </div>
          <div className="space-y-1.5">
            <Label htmlFor={`${id}-password`}>Password</Label>
            <div className="relative">
              <Input
                id={`${id}-password`}
                type={shown ? "text" : "password"}
                name="password"
                autoComplete="current-password"
                required
                value={password}
                onChange={(event) => setPassword(event.target.value)}
                aria-invalid={problem !== null}
                aria-describedby={problem ? `${id}-problem` : undefined}
                className="h-9 pr-9"
              />
              <button
                type="button"
                aria-label="Show what I type"
                aria-pressed={shown}
                onClick={() => setShown(!shown)}
                className="focus-ring text-muted-foreground hover:text-foreground absolute top-1.5 right-1.5 grid size-6 place-items-center rounded-sm [&_svg]:size-4"
              >
                {shown ? <EyeOff /> : <Eye />}
              </button>
            </div>
          </div>
          {problem ? (
            <div id={`${id}-problem`} role="alert" className="bg-destructive-soft text-destructive rounded-md px-3 py-2 text-[0.8125rem]">
              <p className="font-medium">{problem.title}</p>
              <p className="text-pretty">{problem.detail}</p>
            </div>
          ) : null}
          <Button type="submit" size="lg" className="h-9 w-full" disabled={enter.isPending}>
            {enter.isPending ? <LoaderCircle className="animate-spin" /> : null}
            {enter.isPending ? "Signing in…" : "Sign in"}
          </Button>
        </form>
        {demo ? (
          <div className="text-muted-foreground mt-4 rounded-xl border border-dashed px-4 py-3 text-[0.8125rem]">
            <div className="flex items-center justify-between gap-3">
              <p>
                Demo login: <span className="text-foreground font-medium">{DEMO.email}</span>
                <br />
                with <span className="text-foreground font-medium">{DEMO.password}</span>
              </p>
              <Button
                variant="outline"
                size="sm"
                onClick={() => {
                  setEmail(DEMO.email);
                  setPassword(DEMO.password);
                }}
              >
                Fill in
              </Button>
            </div>
          </div>
        ) : null}
      </div>
    </main>
  );
}

function explain(error: unknown): { title: string; detail: string } {
  if (error instanceof ApiError && error.status === 401) {
    return { title: "That email and password do not match", detail: "Check both for typing errors; the password is case-sensitive." };
  }
  if (error instanceof ApiError && error.status === 422 && error.fields.length > 0) {
    return { title: error.title, detail: error.fields.map((field) => field.detail).join(" ") };
  }
  return describe(error);
}
