// Passkeys: asks the browser for one, and sends its answer with the form.
import { on, ready } from "./dom.js";

type Json = Record<string, unknown>;
type Options = { publicKey: Json };

/** Bytes from base64url, as the service writes them. */
function bytes(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

/** Bytes as base64url. */
function text(buffer: ArrayBuffer): string {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** The service's options with their bytes as bytes. */
function opened(options: Json): Json {
  const keys = (list: unknown): unknown =>
    (list as { id: string }[] | undefined)?.map((key) => ({ ...key, id: bytes(key.id) }));
  const user = options["user"] as { id: string } | undefined;
  return {
    ...options,
    challenge: bytes(options["challenge"] as string),
    ...(user && { user: { ...user, id: bytes(user.id) } }),
    ...(options["excludeCredentials"] ? { excludeCredentials: keys(options["excludeCredentials"]) } : {}),
    ...(options["allowCredentials"] ? { allowCredentials: keys(options["allowCredentials"]) } : {}),
  };
}

/** The passkey's answer as the service reads it. */
function told(credential: PublicKeyCredential): Json {
  const answer = credential.response as AuthenticatorAttestationResponse & AuthenticatorAssertionResponse;
  const response: Json = {};
  for (const name of [
    "clientDataJSON",
    "attestationObject",
    "authenticatorData",
    "signature",
    "userHandle",
  ] as const) {
    if (answer[name]) response[name] = text(answer[name]);
  }
  if (answer.getTransports) response["transports"] = answer.getTransports();
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

/** The challenge: on the page, or for a sign-in asked for now. */
async function challenge(form: HTMLFormElement): Promise<Options> {
  const written = form.querySelector('script[type="application/json"]')?.textContent;
  if (written) {
    const data = JSON.parse(written) as { creation_options?: Options; request_options?: Options };
    return (data.creation_options ?? data.request_options)!;
  }
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new TypeError("no challenge");
  return ((await answer.json()) as { request_options: Options }).request_options;
}

async function ask(form: HTMLFormElement): Promise<void> {
  if (!("credentials" in navigator) || !("PublicKeyCredential" in window)) return say(form, "none");
  const { publicKey } = await challenge(form);
  const options = { publicKey: opened(publicKey) } as unknown;
  const credential =
    form.dataset["passkey"] === "make"
      ? await navigator.credentials.create(options as CredentialCreationOptions)
      : await navigator.credentials.get(options as CredentialRequestOptions);
  if (!(credential instanceof PublicKeyCredential)) return say(form, "left");
  const field = form.elements.namedItem("credential") as HTMLInputElement;
  field.value = JSON.stringify(told(credential));
  form.requestSubmit();
}

function say(form: HTMLFormElement, why: "none" | "left" | "failed"): void {
  const line = form.querySelector<HTMLElement>("[data-passkey-said]");
  const words = form.querySelector<HTMLTemplateElement>("[data-passkey-words]")?.content;
  if (!line) return;
  line.textContent = words?.querySelector(`[data-${why}]`)?.textContent ?? "";
  line.hidden = false;
}

on("click", "[data-passkey-ask]", (button) => {
  const form = button.closest("form")!;
  form.querySelector<HTMLElement>("[data-passkey-said]")?.setAttribute("hidden", "");
  ask(form).catch((error: unknown) => say(form, error instanceof DOMException ? "left" : "failed"));
});

ready((root) => {
  if ("PublicKeyCredential" in window) return;
  root.querySelectorAll<HTMLFormElement>("form[data-passkey]").forEach((form) => say(form, "none"));
});
