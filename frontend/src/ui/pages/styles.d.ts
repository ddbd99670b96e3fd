// Style sheets are taken in by the bundler and have nothing to import.
declare module "*.css";
