// What Vite makes of an import with `?url`: the address of the file in the build.
declare module "*?url" {
  const address: string;
  export default address;
}
