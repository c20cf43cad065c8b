/// The decoder for people without this program, as it goes on every label.
package enum DecryptProgram {
    package static var source: [UInt8] { PackageResources.holdfast_decrypt_py }
}
