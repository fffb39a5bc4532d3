// Reads metadata (the path is the argument) as polkadot-api does; prints what it found, as JSON.
import { readFileSync } from "node:fs"
import { merkleizeMetadata } from "@polkadot-api/merkleize-metadata"
import { decAnyMetadata, unifyMetadata } from "@polkadot-api/substrate-bindings"

const raw = readFileSync(process.argv[2])
const metadata = unifyMetadata(decAnyMetadata(raw))
const digest =
  metadata.version < 15
    ? null
    : Buffer.from(merkleizeMetadata(raw, { decimals: 12, tokenSymbol: "AGPU" }).digest())

const found = {
  version: metadata.version,
  extrinsicVersions: metadata.extrinsic.version,
  extensions: Object.values(metadata.extrinsic.extensionsByVersion ?? {})
    .map((list) => list.map((one) => one.identifier)),
  apis: metadata.apis.map((api) => [api.name, api.version ?? null, api.methods.map((m) => m.name)]),
  pallets: metadata.pallets.map((pallet) => [
    pallet.name,
    (pallet.storage?.items ?? []).map((item) => [item.name, item.docs.join("\n")]),
  ]),
  outerEnums: metadata.outerEnums
    ? Object.values(metadata.outerEnums).map((id) => metadata.lookup[id].path.join("::"))
    : null,
  digest: digest?.toString("hex") ?? null,
}
console.log(JSON.stringify(found))
