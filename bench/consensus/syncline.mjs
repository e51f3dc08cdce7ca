export const version = () => null;
