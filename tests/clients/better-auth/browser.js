import { createAuthClient } from "better-auth/client";

const authClient = createAuthClient();

document.querySelector("#in").onclick = () => authClient.signIn.social({ provider: "limen", callbackURL: "/" });
document.querySelector("#out").onclick = () => authClient.signOut({ callbackURL: "/" });
