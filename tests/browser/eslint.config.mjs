// What no JavaScript of the checkout may do; run from its root by `cargo xtask ci`.

import globals from "globals";

export default [
  { ignores: ["**/node_modules/", "**/dist/", "**/target/", "**/pkg/"] },
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "no-const-assign": "error",
      "no-dupe-keys": "error",
      "no-undef": "error",
      "no-unreachable": "error",
      "no-unused-vars": "error",
      "no-var": "error",
      "prefer-const": "error",
      "require-await": "error",
    },
  },
];
