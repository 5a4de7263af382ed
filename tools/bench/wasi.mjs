// Runs a WASI program and says on standard error, in its last line, how many seconds it ran once it was compiled:
// node wasi.mjs PROGRAM FOLDER ARGUMENTS. FOLDER is what it sees as /data.
import { readFile } from 'node:fs/promises'
import { WASI } from 'node:wasi'

const [program, folder, ...args] = process.argv.slice(2)
const wasi = new WASI({ version: 'preview1', args: ['science', ...args], preopens: { '/data': folder }, returnOnExit: true })
const instance = await WebAssembly.instantiate(await WebAssembly.compile(await readFile(program)), wasi.getImportObject())
const started = performance.now()
const code = wasi.start(instance)
console.error(JSON.stringify({ seconds: (performance.now() - started) / 1000, memory_bytes: instance.exports.memory.buffer.byteLength }))
process.exitCode = code
