// GOV.UK Frontend dresses a page for scripts only once it knows that the browser can run them.
document.body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) {
  document.body.classList.add("govuk-frontend-supported");
}
