import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

const forbid = (group, message) => ({ "no-restricted-imports": ["error", { patterns: [{ group, message }] }] });

export default tseslint.config(
  { ignores: ["dist", "src/api/schema.ts", "node_modules"] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    files: ["src/**/*.{ts,tsx}"],
    languageOptions: { globals: globals.browser },
    plugins: { "react-hooks": reactHooks, "jsx-a11y": jsxA11y },
    rules: {
      ...reactHooks.configs.recommended.rules,
      ...jsxA11y.flatConfigs.recommended.rules,
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-console": "error",
    },
  },
  {
    files: ["src/components/**"],
    rules: forbid(
      ["@/features/*", "@/features/**", "@/routes/*", "@/routes/**", "**/features/**", "**/routes/**"],
      "components/ is shared: it must not know any feature or route",
    ),
  },
  {
    files: ["src/features/**"],
    rules: forbid(["@/routes/*", "@/routes/**", "@/mocks/**"], "features/ must not import routes or mocks"),
  },
  {
    files: ["src/lib/**", "src/api/**"],
    ignores: ["**/*.test.ts"],
    rules: forbid(
      ["@/components/**", "@/features/**", "@/routes/**", "@/mocks/**"],
      "lib/ and api/ are below every component",
    ),
  },
  { files: ["*.{ts,js}", "scripts/**"], languageOptions: { globals: { ...globals.node, document: "readonly" } } },
  { files: ["public/**"], languageOptions: { globals: globals.browser, sourceType: "script" } },
);
