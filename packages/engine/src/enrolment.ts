import {
  createAddDevice, createGenesis, createRevokeDevice, createVault, deviceIdFor, encodeChain, openVaultByPassword, verifyChain,
  createCloseAccount, type VaultContents,
} from "@sotto/crypto";
import { generateLeafKey } from "@sotto/mls";
import { SottoError, Username, type AccountId, type DeviceId, type Username as UsernameId } from "@sotto/protocol";
import * as v from "valibot";
import { Connection, RefusedError, unreachable } from "./connection.ts";
import { saveIdentity, type Identity } from "./identity-record.ts";
import { FIRST_KEY_PACKAGES, makeKeyPackages, publicParts, saveKeyPackages, type KeyPackageSet } from "./key-packages.ts";
import { People } from "./people.ts";
import type { Ports, Store } from "./ports.ts";
import type { SignedIn } from "./signed-in.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const PASSWORD_LENGTH_MIN = 8;
