// The OpenAPI document as a contract: what an answer of an operation may be, and what has been seen of it.

import assert from "node:assert/strict";

import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const METHODS = ["get", "post", "put", "patch", "delete"];

export class Contract {
  #ajv = new Ajv2020({ strict: false, allErrors: true });
  #validators = new Map();
  #seen = new Set();

  constructor(document) {
    addFormats(this.#ajv);
    this.document = document;
    this.#ajv.addSchema(document, "limen");
    /** Every operation: its id, method, path (a template), and what the document says of it. */
    this.operations = Object.entries(document.paths).flatMap(([path, item]) =>
      METHODS.filter((method) => item[method]).map((method) => ({
        id: item[method].operationId,
        method: method.toUpperCase(),
        path,
        pointer: `/paths/${escape(path)}/${method}`,
        ...item[method],
        parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])].map((one) => this.resolve(one)),
      })),
    );
  }

  operation(id) {
    const found = this.operations.find((operation) => operation.id === id);
    assert.ok(found, `docs/openapi.yaml has no operation ${id}`);
    return found;
  }

  /** What a node of the document, or its reference, says. */
  resolve(node) {
    return node?.$ref ? this.at(node.$ref.slice(1)) : node;
  }

  at(pointer) {
    const steps = pointer.split("/").slice(1);
    return steps.reduce((node, step) => node[step.replaceAll("~1", "/").replaceAll("~0", "~")], this.document);
  }

  /** Holds an answer against the document, and remembers its status. Gives its body as text. */
  async check(id, response) {
    const operation = this.operation(id);
    const what = `${operation.method} ${operation.path} answered ${response.status}`;
    const text = await response.text();
    const stated = this.resolve(operation.responses[response.status]);
    assert.ok(stated, `${what}, which docs/openapi.yaml does not have under its responses: ${text.slice(0, 300)}`);
    this.#seen.add(`${id} ${response.status}`);
    const type = response.headers.get("content-type")?.split(";")[0];
    if (stated.content === undefined) {
      assert.equal(text, "", `${what} with a body; docs/openapi.yaml has no content there`);
      return text;
    }
    // RFC 6750 section 3: the challenge to a request without a token has no error, and no body.
    if (response.status === 401 && text === "") return text;
    assert.ok(type in stated.content, `${what} as ${type}; docs/openapi.yaml has ${Object.keys(stated.content)}`);
    const documents = type === "application/x-ndjson" ? text.split("\n").filter(Boolean) : [text];
    if (/json$/.test(type)) {
      const schema = this.#schemaOf(operation, response.status, type);
      for (const document of documents) this.#validate(schema, JSON.parse(document), what);
    }
    return text;
  }

  /** Statuses in the document of which no answer was checked: `"id status"`. */
  unseen() {
    const all = this.operations.flatMap(({ id, responses }) => Object.keys(responses).map((code) => `${id} ${code}`));
    return all.filter((one) => !this.#seen.has(one));
  }

  /** Every example in the document, with the pointer of its schema. */
  examples() {
    const found = [];
    const walk = (node, pointer) => {
      if (node === null || typeof node !== "object") return;
      if (node.schema) {
        const single = node.example === undefined ? {} : { example: { value: node.example } };
        const examples = { ...node.examples, ...single };
        for (const [name, { value }] of Object.entries(examples)) {
          found.push({ name: `${pointer} ${name}`, schema: `${pointer}/schema`, value });
        }
      }
      for (const [key, value] of Object.entries(node)) walk(value, `${pointer}/${escape(key)}`);
    };
    walk(this.document.paths, "/paths");
    walk(this.document.components, "/components");
    return found;
  }

  checkExample({ name, schema, value }) {
    this.#validate(schema, value, `the example ${name}`, { open: /requestBody/.test(schema) });
  }

  #schemaOf(operation, status, type) {
    const reference = operation.responses[status].$ref;
    const base = reference ? reference.slice(1) : `${operation.pointer}/responses/${status}`;
    return `${base}/content/${escape(type)}/schema`;
  }

  /** What Limen sends has no member that the document does not name. */
  #validate(pointer, value, what, { open = false } = {}) {
    const key = `${pointer} ${open}`;
    if (!this.#validators.has(key)) {
      const $ref = `limen#${encodeURI(pointer)}`;
      this.#validators.set(key, this.#ajv.compile(open ? { $ref } : { $ref, unevaluatedProperties: false }));
    }
    const validate = this.#validators.get(key);
    if (validate(value)) return;
    const problems = validate.errors
      .filter(({ keyword }) => keyword !== "allOf")
      .map(({ instancePath, message, params }) => `${instancePath || "the body"} ${message} ${JSON.stringify(params)}`);
    const list = problems.map((problem) => `\n- ${problem}`).join("");
    assert.fail(`${what}, against docs/openapi.yaml at ${pointer}:${list}\n${JSON.stringify(value)}`);
  }
}

const escape = (name) => name.replaceAll("~", "~0").replaceAll("/", "~1");
