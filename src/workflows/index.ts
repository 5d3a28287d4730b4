export { individualVerification } from './individual-verification';
