// The page's own connection: where the broker is, and what every page does with it.

import { MqttClient } from "/mqtt.js";

const RELOAD = "ny-power/application/webui";

const decoder = new TextDecoder();

// The server says either the whole address, or a port of the host that this page came from.
export function brokerAddress() {
  const said = document.querySelector("meta[name=websocket]").content;
  if (!/^\d+$/.test(said)) return said;
  return `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.hostname}:${said}`;
}

export function follow(filters, { message, change }, options = {}) {
  const address = brokerAddress();
  const listener = {
    message(arrived) {
      if (asksToReload(arrived)) return location.reload();
      message(arrived);
    },
    change: (line) => change({ ...line, address }),
  };
  const client = new MqttClient(address, filters, listener, options);
  addEventListener("online", () => client.hurry());
  addEventListener("pagehide", () => client.stop());
  // A page that is taken out of the browser's store has lost its line.
  addEventListener("pageshow", ({ persisted }) => persisted && client.start());
  document.addEventListener("visibilitychange", () => document.hidden || client.hurry());
  client.start();
  return client;
}

// One that the broker kept would reload the page without end.
function asksToReload({ topic, payload, retained }) {
  return topic === RELOAD && !retained && decoder.decode(payload) === "reload";
}

export function complaint({ address, reason }) {
  return `No connection to the broker at ${address}: ${reason}. Trying again, the page comes back by itself.`;
}
