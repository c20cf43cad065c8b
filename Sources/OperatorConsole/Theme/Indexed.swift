/// The 256 colours of xterm and its kin, and the way down from 16 million.
enum Indexed {
    private static let cube = [0, 95, 135, 175, 215, 255]

    /// What xterm shows for the 16 names.
    private static let basic: [RGB] = [
        RGB(0, 0, 0), RGB(205, 0, 0), RGB(0, 205, 0), RGB(205, 205, 0), RGB(0, 0, 238), RGB(205, 0, 205),
        RGB(0, 205, 205), RGB(229, 229, 229), RGB(127, 127, 127), RGB(255, 0, 0), RGB(0, 255, 0), RGB(255, 255, 0),
        RGB(92, 92, 255), RGB(255, 0, 255), RGB(0, 255, 255), RGB(255, 255, 255),
    ]

    /// 0 to 15 names, 16 to 231 a cube of six steps, 232 to 255 greys.
    static func rgb(_ index: Int) -> RGB {
        switch index {
        case ..<16: return basic[max(0, index)]
        case ..<232:
            let place = index - 16
            return RGB(cube[place / 36], cube[place / 6 % 6], cube[place % 6])
        default:
            let grey = 8 + 10 * (min(index, 255) - 232)
            return RGB(grey, grey, grey)
        }
    }

    /// The nearest of cube and greys, 16 to 255: the 16 names are the user's own and are not guessed at.
    static func nearest(_ colour: RGB) -> Int {
        let inCube = 16 + 36 * step(colour.red) + 6 * step(colour.green) + step(colour.blue)
        let mean = (colour.red + colour.green + colour.blue) / 3
        let grey = 232 + min(23, max(0, (mean - 3) / 10))
        return distance(rgb(grey), colour) < distance(rgb(inCube), colour) ? grey : inCube
    }

    static func nearestBasic(_ colour: RGB) -> Int {
        basic.indices.min { distance(basic[$0], colour) < distance(basic[$1], colour) } ?? 7
    }

    private static func step(_ value: Int) -> Int {
        cube.indices.min { abs(cube[$0] - value) < abs(cube[$1] - value) } ?? 0
    }

    /// Squared, weighted roughly as the eye does.
    private static func distance(_ left: RGB, _ right: RGB) -> Int {
        let red = left.red - right.red
        let green = left.green - right.green
        let blue = left.blue - right.blue
        return 3 * red * red + 4 * green * green + 2 * blue * blue
    }
}
