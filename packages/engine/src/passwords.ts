// The password protocol, apart from the rest: it is large, and needed only by who signs in or changes a password.
export { createPasswordClient, type PasswordClient } from "@sotto/crypto/password-client";
