import { mount } from "svelte";
import App from "./App.svelte";
import { hasModuleWorkers } from "./state/browser.ts";
import TooOld from "./views/TooOld.svelte";
import "./style.css";

const target = document.getElementById("app");
if (target === null) throw new Error("internal: the page has no #app");
// Removes the message for browsers that cannot run this script.
target.replaceChildren();
mount(hasModuleWorkers() ? App : TooOld, { target });
