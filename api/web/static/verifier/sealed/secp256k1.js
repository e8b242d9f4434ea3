// Recovery of an address from an ECDSA signature over secp256k1 (SEC 1 §4.1.6). Everything here is public: no care is taken to be constant in time.

import { toHex } from "../bytes.js";
import { keccak256 } from "./keccak.js";

const P = 2n ** 256n - 2n ** 32n - 977n;
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const G = {
  x: 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  y: 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
  z: 1n,
};
const INFINITY = { x: 0n, y: 1n, z: 0n };

/** The 20 bytes of who signed the hash; null where nobody did, or not in the form that every signer writes. */
export function recovered(hash, seal) {
  const r = BigInt(toHex(seal.slice(0, 32)));
  const s = BigInt(toHex(seal.slice(32, 64)));
  const parity = seal[64];
  if (r === 0n || r >= N || s === 0n || s > N / 2n || parity > 1) return null;
  const y = squareRoot(modulo(r ** 3n + 7n));
  if (y === null) return null;
  const point = { x: r, y: (y & 1n) === BigInt(parity) ? y : P - y, z: 1n };
  const inverse = power(r, N - 2n, N);
  const message = BigInt(toHex(hash)) % N;
  const key = add(times(G, modulo(-message * inverse, N)), times(point, modulo(s * inverse, N)));
  return key.z === 0n ? null : addressOf(key);
}

function modulo(value, by = P) {
  const rest = value % by;
  return rest < 0n ? rest + by : rest;
}

function power(base, exponent, by) {
  let result = 1n;
  let square = base % by;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % by;
    square = (square * square) % by;
  }
  return result;
}

// P is 3 modulo 4.
function squareRoot(value) {
  const root = power(value, (P + 1n) / 4n, P);
  return (root * root) % P === value ? root : null;
}

// Jacobian coordinates: (x / z², y / z³); z = 0 at infinity.
function doubled({ x, y, z }) {
  if (z === 0n || y === 0n) return INFINITY;
  const squareY = modulo(y * y);
  const s = modulo(4n * x * squareY);
  const m = modulo(3n * x * x);
  const newX = modulo(m * m - 2n * s);
  return { x: newX, y: modulo(m * (s - newX) - 8n * squareY * squareY), z: modulo(2n * y * z) };
}

function add(one, other) {
  if (one.z === 0n) return other;
  if (other.z === 0n) return one;
  const squareOne = modulo(one.z * one.z);
  const squareOther = modulo(other.z * other.z);
  const x = modulo(one.x * squareOther);
  const y = modulo(one.y * squareOther * other.z);
  const h = modulo(other.x * squareOne - x);
  const r = modulo(other.y * squareOne * one.z - y);
  if (h === 0n) return r === 0n ? doubled(one) : INFINITY;
  const squareH = modulo(h * h);
  const cubeH = modulo(squareH * h);
  const v = modulo(x * squareH);
  const newX = modulo(r * r - cubeH - 2n * v);
  return { x: newX, y: modulo(r * (v - newX) - y * cubeH), z: modulo(h * one.z * other.z) };
}

function times(point, factor) {
  let sum = INFINITY;
  for (let bit = 255n; bit >= 0n; bit -= 1n) {
    sum = doubled(sum);
    if ((factor >> bit) & 1n) sum = add(sum, point);
  }
  return sum;
}

function addressOf({ x, y, z }) {
  const inverse = power(z, P - 2n, P);
  const square = modulo(inverse * inverse);
  const coordinates = [modulo(x * square), modulo(y * square * inverse)];
  const digits = coordinates.map((value) => value.toString(16).padStart(64, "0")).join("");
  return keccak256(Uint8Array.from(digits.match(/../g), (pair) => Number.parseInt(pair, 16))).slice(12);
}
