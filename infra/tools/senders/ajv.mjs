// What ajv says of events: reads {"detail-type", "detail"} a line, answers each with a line: whether plain ajv takes it,
// and whether ajv does with formats.
// Usage: node ajv.mjs <folder of the schemas>; wants ajv and ajv-formats installed beside this file.
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const folder = process.argv[2];
// In strict mode, which refuses schemas that look mistaken; it would refuse formats that nobody added.
const plain = new Ajv({ validateFormats: false, allowUnionTypes: true });
const withFormats = addFormats(new Ajv({ allowUnionTypes: true }));
const validators = new Map(readdirSync(folder).map((file) => {
  const schema = JSON.parse(readFileSync(`${folder}/${file}`, "utf8"));
  return [file.replace(".schema.json", ""), [plain, withFormats].map((ajv) => ajv.compile(schema))];
}));
for await (const line of createInterface({ input: process.stdin })) {
  const event = JSON.parse(line);
  console.log(JSON.stringify(validators.get(event["detail-type"]).map((validate) => validate(event.detail))));
}
