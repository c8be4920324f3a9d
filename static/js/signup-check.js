// This will solve the puzzle of a signup (ALTCHA, version 1) and send the form: find the number
// whose SHA-256, after the salt, is the challenge. All of it happens here; nothing else is loaded.
"use strict";

const K = new Int32Array(64), START = new Int32Array(8);
for (let n = 2, found = 0; found < 64; n++) {
  let prime = true;
  for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
  if (!prime) continue;
  if (found < 8) START[found] = (Math.sqrt(n) % 1) * 2 ** 32;
  K[found++] = (Math.cbrt(n) % 1) * 2 ** 32;
}

const W = new Int32Array(64);

// One block of 64 octets (FIPS 180-4 §6.2.2) into `state`.
function compress(state, octets, at) {
  for (let i = 0; i < 16; i++, at += 4)
    W[i] = (octets[at] << 24) | (octets[at + 1] << 16) | (octets[at + 2] << 8) | octets[at + 3];
  for (let i = 16; i < 64; i++) {
    const x = W[i - 15], y = W[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    W[i] = (W[i - 16] + s0 + W[i - 7] + s1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d;
  state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

// Whole blocks of the salt are the same for every number and taken in once.
function hasher(salt) {
  const octets = new TextEncoder().encode(salt), whole = octets.length >> 6 << 6;
  const middle = Int32Array.from(START), state = new Int32Array(8), rest = new Uint8Array(128);
  for (let at = 0; at < whole; at += 64) compress(middle, octets, at);
  const tail = octets.subarray(whole);
  return (number) => {
    const digits = String(number);
    let length = tail.length;
    rest.fill(0);
    rest.set(tail);
    for (let i = 0; i < digits.length; i++) rest[length++] = digits.charCodeAt(i);
    rest[length] = 128;
    const end = length < 56 ? 64 : 128, bits = (whole + length) * 8;
    for (let i = 1; i <= 4; i++) rest[end - i] = bits >>> (8 * (i - 1));
    state.set(middle);
    for (let at = 0; at < end; at += 64) compress(state, rest, at);
    return state;
  };
}

// A few thousand numbers at a time, so that the page keeps answering.
async function solve({ salt, challenge, maxnumber }) {
  const hash = hasher(salt), wanted = new Int32Array(8);
  for (let i = 0; i < 8; i++) wanted[i] = parseInt(challenge.slice(8 * i, 8 * i + 8), 16);
  for (let number = 0; number <= maxnumber; number++) {
    if (hash(number)[0] === wanted[0] && hash(number).every((word, i) => word === wanted[i])) return number;
    if (number % 5000 === 4999) await new Promise((done) => setTimeout(done));
  }
  return null;
}

for (const form of document.querySelectorAll("form[data-challenge]")) {
  const puzzle = JSON.parse(form.dataset.challenge), button = form.querySelector("button");
  const work = (goesOn) => {
    form.querySelector(".by-waiting").hidden = goesOn;
    form.querySelector(".by-work").hidden = !goesOn;
    button.hidden = goesOn;
  };
  work(true);
  solve(puzzle).then((number) => {
    if (number === null) return work(false); // by waiting, then
    const { algorithm, challenge, salt, signature } = puzzle;
    const proof = form.elements.altcha;
    proof.value = btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
    proof.disabled = false;
    form.elements.ticket.disabled = true;
    form.requestSubmit();
  });
}
