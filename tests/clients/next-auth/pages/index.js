import { SessionProvider, signIn, signOut, useSession } from "next-auth/react";

function Person() {
  const { data, status } = useSession();
  if (status === "loading") return <p>Loading...</p>;
  return (
    <>
      <button onClick={() => signIn("limen")}>Sign in</button>
      <button onClick={() => signOut()}>Sign out</button>
      <pre id="result">{JSON.stringify(data?.user ?? "nobody")}</pre>
    </>
  );
}

export default function Home() {
  return (
    <SessionProvider>
      <Person />
    </SessionProvider>
  );
}
