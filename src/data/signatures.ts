/** Recognizes files that are not text by their beginning, with the fix for each. */

/** The real format of a file that is not UTF-8 text, and the way to get text out of it. */
export interface Foreign {
  readonly got: string;
  readonly fix: string;
}

const PLAIN = "save it as plain text (.txt, UTF-8)";
const ROWS = "write its texts to a CSV or JSON lines file";
const NO_TEXT = "name a text file";
const unpack = (command: string): string => `unpack it first: ${command}`;

type Signature = readonly [at: number, bytes: string, got: string, fix: string];

/** Signatures in pure ASCII: such a file may be valid UTF-8 to its end. */
const WRITTEN: readonly Signature[] = [
  [0, "%PDF-", "a PDF", "extract its text first, for instance: pdftotext FILE mine.txt"],
  [0, "{\\rtf", "rich text (RTF)", PLAIN],
];

const SIGNATURES: readonly Signature[] = [
  [0, "\x1f\x8b", "a gzip archive", unpack("gunzip FILE")],
  [0, "BZh", "a bzip2 archive", unpack("bunzip2 FILE")],
  [0, "\xfd7zXZ\0", "an xz archive", unpack("unxz FILE")],
  [0, "\x28\xb5\x2f\xfd", "a zstd archive", unpack("unzstd FILE")],
  [0, "7z\xbc\xaf\x27\x1c", "a 7z archive", unpack("7z x FILE")],
  [0, "Rar!\x1a\x07", "a RAR archive", unpack("unrar x FILE")],
  [257, "ustar", "a tar archive", unpack("tar xf FILE")],
  [0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document (.doc, .xls)", PLAIN],
  [0, "\x89PNG", "a picture (PNG)", NO_TEXT],
  [0, "\xff\xd8\xff", "a picture (JPEG)", NO_TEXT],
  [0, "GIF8", "a picture (GIF)", NO_TEXT],
  [0, "II*\0", "a picture (TIFF)", NO_TEXT],
  [0, "MM\0*", "a picture (TIFF)", NO_TEXT],
  [8, "WEBP", "a picture (WebP)", NO_TEXT],
  [8, "WAVE", "sound (WAV)", NO_TEXT],
  [0, "ID3", "sound (MP3)", NO_TEXT],
  [0, "\xff\xfb", "sound (MP3)", NO_TEXT],
  [0, "OggS", "sound (Ogg)", NO_TEXT],
  [0, "fLaC", "sound (FLAC)", NO_TEXT],
  [0, "MThd", "music (MIDI)", "convert it to text first, for instance to ABC notation: midi2abc FILE"],
  [4, "ftyp", "video or sound (MP4)", NO_TEXT],
  [0, "\x1a\x45\xdf\xa3", "video (Matroska, WebM)", NO_TEXT],
  [60, "BOOKMOBI", "an e-book (MOBI)", "convert it to text first, for instance: ebook-convert FILE mine.txt"],
  [0, "SQLite format 3\0", "an SQLite database", 'query its texts: sqlite3 FILE "select ..." > mine.txt'],
  [0, "PAR1", "a Parquet file", ROWS],
  [0, "ARROW1", "an Arrow file", ROWS],
  [0, "Obj\x01", "an Avro file", ROWS],
  [0, "\x89HDF\r\n", "an HDF5 file", ROWS],
  [0, "\x93NUMPY", "a NumPy array (.npy)", ROWS],
  [0, "\x80\x02", "a Python pickle", ROWS],
  [0, "\x80\x03", "a Python pickle", ROWS],
  [0, "\x80\x04", "a Python pickle", ROWS],
  [0, "\x80\x05", "a Python pickle", ROWS],
  [0, "\x7fELF", "a program", NO_TEXT],
  [0, "MZ", "a program", NO_TEXT],
  [0, "\xcf\xfa\xed\xfe", "a program", NO_TEXT],
  [0, "\xca\xfe\xba\xbe", "a program", NO_TEXT],
  [0, "\0asm", "a program (WebAssembly)", NO_TEXT],
];

/** ZIP-based formats, by the names of files in the archive. */
const ZIPPED: readonly (readonly [name: string, got: string, fix: string])[] = [
  ["word/", "a Word document (DOCX)", PLAIN],
  ["xl/", "an Excel workbook (XLSX)", "save the sheet as CSV (UTF-8)"],
  ["ppt/", "a PowerPoint document (PPTX)", PLAIN],
  ["[Content_Types].xml", "an Office document (DOCX, XLSX or PPTX)", PLAIN],
  [
    "application/epub+zip",
    "an e-book (EPUB)",
    "convert it to text first, for instance: pandoc -t plain FILE -o mine.txt",
  ],
  ["opendocument.spreadsheet", "a spreadsheet (ODS)", "save the sheet as CSV (UTF-8)"],
  ["opendocument", "an OpenDocument file (ODT)", PLAIN],
  ["data.pkl", "a PyTorch file", "name the text itself"],
  [".npy", "NumPy arrays (.npz)", ROWS],
  ["", "a ZIP archive", unpack("unzip FILE")],
];

/** A format that is refused by its beginning alone. */
export function writtenFormat(head: Uint8Array): Foreign | undefined {
  return find(WRITTEN, latin1(head.subarray(0, 8)));
}

/** The format of bytes that are not UTF-8 text, if it is known. */
export function binaryFormat(head: Uint8Array): Foreign | undefined {
  const text = latin1(head);
  if (text.startsWith("PK\x03\x04")) {
    const found = ZIPPED.find(([name]) => text.includes(name));
    return found && { got: found[1], fix: found[2] };
  }
  return modelFormat(head) ?? find(SIGNATURES, text);
}

/** The format of a model's file, if the bytes begin one. */
export function modelFormat(head: Uint8Array): Foreign | undefined {
  const text = latin1(head.subarray(0, 16));
  const fix = "name the text itself";
  if (text.startsWith("GGUF")) return { got: "a model (GGUF)", fix };
  // The header's length in eight bytes, then the JSON header.
  return text.startsWith('\0\0\0\0{"', 4) ? { got: "a model (safetensors)", fix } : undefined;
}

function find(signatures: readonly Signature[], text: string): Foreign | undefined {
  const found = signatures.find(([at, bytes]) => text.startsWith(bytes, at));
  return found && { got: found[2], fix: found[3] };
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
