import { createContext } from "react";
import type { Person } from "@sotto/engine";

/** Who is in the conversation that is shown: mentions in its posts are read by the names that the reader knows them by. */
export const PeopleHere = createContext<readonly Person[]>([]);
