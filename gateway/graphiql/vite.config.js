// Nothing is inlined, so that the page's policy need not allow it.
export default {
  base: "/graphiql/built/",
  build: { assetsInlineLimit: 0, chunkSizeWarningLimit: 8000, modulePreload: { polyfill: false } },
  worker: { format: "es" },
};
