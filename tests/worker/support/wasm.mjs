// Reads a wasm file as far as its budget needs: custom sections and the sizes of functions (WebAssembly core 5.5).

const CUSTOM = 0;
const CODE = 10;

/** The custom sections' names, and the bytes of each function's body. */
export function readWasm(bytes) {
  const customs = [];
  let functions = [];
  const reader = new Reader(bytes, 8);
  while (reader.at < bytes.length) {
    const id = bytes[reader.at++];
    const end = reader.number() + reader.at;
    if (id === CUSTOM) customs.push(reader.text());
    if (id === CODE) functions = reader.bodies();
    reader.at = end;
  }
  return { customs, functions };
}

class Reader {
  constructor(bytes, at) {
    this.bytes = bytes;
    this.at = at;
  }

  /** An unsigned number in LEB128. */
  number() {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = this.bytes[this.at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
      shift += 7;
    }
  }

  text() {
    const length = this.number();
    return new TextDecoder().decode(this.bytes.subarray(this.at, (this.at += length)));
  }

  bodies() {
    return Array.from({ length: this.number() }, () => {
      const size = this.number();
      this.at += size;
      return size;
    });
  }
}
