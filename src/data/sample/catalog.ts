/** What the sample shows: its classes, their usual surroundings, and the icons that draw them. */

export type IconSetName = "noto" | "fluent-emoji-flat" | "fxemoji" | "twemoji";

/** `"set:icon"`, as Iconify writes it. */
export type IconName = `${IconSetName}:${string}`;

export type SceneName = "park" | "room" | "road" | "sea" | "sky";

export interface SampleClass {
  readonly name: string;
  /** The background that most of its pictures have: the context a classifier falls for. */
  readonly scene: SceneName;
  /** Where the object's centre lies in its own scene, as fractions of the height. */
  readonly heights: readonly [number, number];
  /** Turn from upright, in degrees; 0 by default. */
  readonly angle?: number;
  /** Largest turn from there to either side, in degrees. */
  readonly tilt: number;
  /** Largest turn of the hue to either side, in degrees. */
  readonly hue: number;
  readonly icons: readonly IconName[];
  /** Small things that are mostly seen next to it. */
  readonly companions: readonly IconName[];
}

/** The three sets that share Unicode's icon names. */
const unicodeSets = ["noto", "fluent-emoji-flat", "twemoji"] as const;

export const sampleClasses: readonly SampleClass[] = [
  {
    name: "dog",
    scene: "park",
    heights: [0.45, 0.75],
    tilt: 12,
    hue: 15,
    icons: [
      ...inEachSet("dog", "dog-face", "guide-dog", "service-dog", "poodle"),
      "fxemoji:dog",
      "fxemoji:dogside",
      "fxemoji:poodle",
    ],
    companions: inEachSet("bone", "deciduous-tree", "tennis"),
  },
  {
    name: "cat",
    scene: "room",
    heights: [0.45, 0.75],
    tilt: 12,
    hue: 15,
    icons: [
      ...inEachSet("cat", "cat-face", "grinning-cat", "pouting-cat"),
      "fxemoji:cat",
      "fxemoji:catside",
    ],
    companions: inEachSet("yarn", "potted-plant", "teapot"),
  },
  {
    name: "car",
    scene: "road",
    heights: [0.5, 0.78],
    tilt: 10,
    hue: 30,
    icons: [
      ...inEachSet("automobile", "oncoming-automobile", "taxi", "oncoming-taxi"),
      ...inEachSet("sport-utility-vehicle"),
      "fxemoji:automobile",
      "fxemoji:taxi",
      "fxemoji:oncomingautomobile",
      "fxemoji:oncomingtaxi",
      "fxemoji:recreationalvehicle",
    ],
    companions: inEachSet("vertical-traffic-light", "stop-sign", "fuel-pump"),
  },
  {
    name: "boat",
    scene: "sea",
    heights: [0.45, 0.75],
    tilt: 10,
    hue: 30,
    icons: [
      ...inEachSet("sailboat", "motor-boat", "speedboat", "ferry", "canoe"),
      "noto:ship",
      "noto:passenger-ship",
      "twemoji:ship",
      "twemoji:passenger-ship",
    ],
    companions: inEachSet("anchor", "ring-buoy", "tropical-fish"),
  },
  {
    name: "bird",
    scene: "sky",
    heights: [0.25, 0.7],
    tilt: 14,
    hue: 15,
    icons: [...inEachSet("bird", "duck", "dove", "swan", "parrot"), "fxemoji:doveofpeace"],
    companions: inEachSet("sun", "nest-with-eggs", "kite"),
  },
];

const camera = {
  heights: [0.3, 0.7],
  tilt: 10,
  hue: 15,
  icons: inEachSet("camera"),
  companions: [],
} as const;

/** The poses of GAIN's industrial camera, each with its background. */
export const cameraPoses: readonly [SampleClass, SampleClass] = [
  { ...camera, name: "upright", scene: "room", angle: 0 },
  { ...camera, name: "lying", scene: "road", angle: 90 },
];

/** Small things that say nothing about the classes. */
export const distractors: readonly IconName[] = [
  ...inEachSet("sunflower", "mushroom", "tulip", "red-apple", "banana", "grapes", "strawberry"),
  ...inEachSet("pizza", "hamburger", "cookie", "doughnut", "balloon", "guitar", "trumpet", "drum"),
  ...inEachSet("key", "bell", "blue-book", "alarm-clock", "camera", "candle", "crown", "gem-stone"),
  ...inEachSet("hammer", "scissors", "light-bulb", "magnet", "maple-leaf", "cactus", "cherries"),
  ...inEachSet("lemon", "watermelon", "carrot", "broccoli", "cheese-wedge", "trophy", "top-hat"),
];

/**
 * Water that two of the sets draw into their boats. It is cut out: the mask of a boat is the boat.
 * Twemoji has a plain rectangle at the lower edge, Fluent a wavy band that starts at the right.
 */
export const waterInIcons: RegExp =
  /<path fill="#55acee" d="M0 \d+h36v\d+H0z"\/>|<path fill="#(?:00a6ed|5092ff)" d="M30(?:\.01)? \d+c-1\.7[^"]*"\/>/g;

function inEachSet(...icons: readonly string[]): IconName[] {
  return icons.flatMap((icon) => unicodeSets.map((set): IconName => `${set}:${icon}`));
}
