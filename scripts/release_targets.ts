/** The binaries of a release: the name that users see, and what Rust calls the platform. */
export const RELEASE_TARGETS: Readonly<Record<string, string>> = {
  "linux-x64": "x86_64-unknown-linux-gnu",
  "linux-arm64": "aarch64-unknown-linux-gnu",
  "macos-x64": "x86_64-apple-darwin",
  "macos-arm64": "aarch64-apple-darwin",
  "windows-x64.exe": "x86_64-pc-windows-msvc",
};
