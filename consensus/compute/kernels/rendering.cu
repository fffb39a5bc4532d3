// The ray tracer of the rendering class: one thread draws one pixel, in 64-bit integers throughout.
//
// What it computes is defined by runtime/compute/raytracer.py and equals it bit for bit; names are
// the same, and so is the order of every rounding. Positions and colours are Q16, unit vectors Q30;
// `>>` of a negative number rounds down, and nothing negative is ever divided. The scene comes
// prepared (consensus/compute/cuda_rendering.py lays it out), so that vectors are normalised once.

typedef long long i64;
typedef unsigned long long u64;

namespace rendering {

struct Vec {
    i64 x, y, z;
};

// The words of a scene in device memory; all rows are one after the other.
struct Scene {
    int width, height, side, bounces, lights, spheres, planes, triangles;
    const i64 *eye, *axes, *ambient, *horizon, *zenith;
    i64 zoom, fade;
    const i64 *light;    // 6 each: position, colour
    const i64 *sphere;   // 4 each: centre, radius
    const i64 *surface;  // 10 each: normal, offset, two axes of its squares
    const i64 *edges;    // 12 each: three of (to the inside, offset)
    const i64 *material; // 10 each
};

static const int HEAD_WORDS = 31, LIGHT_WORDS = 6, SPHERE_WORDS = 4;
static const int SURFACE_WORDS = 10, EDGES_WORDS = 12, MATERIAL_WORDS = 10;

static const i64 Q16 = 1ll << 16, Q30 = 1ll << 30;
static const i64 FAR = 1ll << 27, NEAREST = 32, LIFT = 128, FLATTEST = 1ll << 10;
static const i64 SEAM = 4ll << 30, FAINTEST = (1ll << 16) / 256;
static const int TILE_SIDE = 4, MOST_SHINE = 12, TO_Q16 = 44;
static const int SQUARE = 6, MIRROR = 7, HIGHLIGHT = 8, SHINE = 9;

static __device__ Scene scene_of(const i64 *words) {
    Scene s;
    s.width = (int)words[0], s.height = (int)words[1], s.side = (int)words[2];
    s.bounces = (int)words[3], s.lights = (int)words[4], s.spheres = (int)words[5];
    s.planes = (int)words[6], s.triangles = (int)words[7];
    s.eye = words + 8, s.axes = words + 11, s.ambient = words + 20, s.horizon = words + 23;
    s.zenith = words + 26, s.zoom = words[29], s.fade = words[30];
    s.light = words + HEAD_WORDS;
    s.sphere = s.light + LIGHT_WORDS * s.lights;
    s.surface = s.sphere + SPHERE_WORDS * s.spheres;
    s.edges = s.surface + SURFACE_WORDS * (s.planes + s.triangles);
    s.material = s.edges + EDGES_WORDS * s.triangles;
    return s;
}

// ---- Vectors -----------------------------------------------------------------------------------

static __device__ __forceinline__ Vec vec(const i64 *words) {
    return Vec{words[0], words[1], words[2]};
}

static __device__ __forceinline__ Vec minus(Vec a, Vec b) {
    return Vec{a.x - b.x, a.y - b.y, a.z - b.z};
}

static __device__ __forceinline__ Vec times(Vec a, i64 factor) {
    return Vec{a.x * factor, a.y * factor, a.z * factor};
}

static __device__ __forceinline__ i64 dot(Vec a, Vec b) {
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

// Exact: the guess is off by one at most, and integers settle it.
static __device__ __forceinline__ i64 isqrt(i64 value) {
    i64 root = (i64)sqrt((double)value);
    if (root * root > value) root--;
    if ((root + 1) * (root + 1) <= value) root++;
    return root;
}

static __device__ __forceinline__ Vec normalized(Vec a) {
    i64 length = isqrt(dot(a, a)), inverse = (1ll << 60) / (length > 1 ? length : 1);
    return Vec{(a.x * inverse) >> 30, (a.y * inverse) >> 30, (a.z * inverse) >> 30};
}

static __device__ __forceinline__ Vec along(Vec origin, Vec direction, i64 distance) {
    return Vec{origin.x + ((direction.x * distance) >> 30),
               origin.y + ((direction.y * distance) >> 30),
               origin.z + ((direction.z * distance) >> 30)};
}

static __device__ __forceinline__ i64 clamped(i64 value, i64 low, i64 high) {
    return value < low ? low : value > high ? high : value;
}

// ---- What a ray meets --------------------------------------------------------------------------

// Each returns the distance at which a ray meets a shape, or FAR.

static __device__ i64 met_sphere(const i64 *sphere, Vec origin, Vec ray) {
    Vec offset = minus(vec(sphere), origin);
    i64 middle = dot(offset, ray) >> 30;
    i64 inner = middle * middle - dot(offset, offset) + sphere[3] * sphere[3];
    if (inner < 0) return FAR;
    i64 root = isqrt(inner);
    i64 distance = middle - root >= NEAREST ? middle - root : middle + root;
    return distance >= NEAREST ? distance : FAR;
}

static __device__ i64 met_plane(const i64 *surface, Vec origin, Vec ray) {
    i64 gap = surface[3] - dot(vec(surface), origin), slope = dot(vec(surface), ray) >> 30;
    i64 steepness = slope < 0 ? -slope : slope;
    if (steepness < FLATTEST || (gap > 0) != (slope > 0)) return FAR;
    i64 distance = (gap < 0 ? -gap : gap) / steepness;
    return distance >= NEAREST && distance < FAR ? distance : FAR;
}

static __device__ i64 met_triangle(const i64 *surface, const i64 *edges, Vec origin, Vec ray) {
    i64 distance = met_plane(surface, origin, ray);
    if (distance == FAR) return FAR;
    Vec point = along(origin, ray, distance);
    for (int side = 0; side < 3; side++, edges += 4)
        if (dot(vec(edges), point) - edges[3] < -SEAM) return FAR;
    return distance;
}

static __device__ i64 met(const Scene &s, int shape, Vec origin, Vec ray) {
    if (shape < s.spheres) return met_sphere(s.sphere + SPHERE_WORDS * shape, origin, ray);
    int flat = shape - s.spheres;
    const i64 *surface = s.surface + SURFACE_WORDS * flat;
    if (flat < s.planes) return met_plane(surface, origin, ray);
    return met_triangle(surface, s.edges + EDGES_WORDS * (flat - s.planes), origin, ray);
}

static __device__ int nearest(const Scene &s, Vec origin, Vec ray, i64 *distance) {
    int found = -1, shapes = s.spheres + s.planes + s.triangles;
    *distance = FAR;
    for (int shape = 0; shape < shapes; shape++) {
        i64 here = met(s, shape, origin, ray);
        if (here < *distance) *distance = here, found = shape;
    }
    return found;
}

static __device__ bool is_clear(const Scene &s, Vec origin, Vec ray, i64 distance) {
    int shapes = s.spheres + s.planes + s.triangles;
    for (int shape = 0; shape < shapes; shape++) {
        i64 here = met(s, shape, origin, ray);
        if (here < FAR && here < distance) return false;
    }
    return true;
}

// ---- Light -------------------------------------------------------------------------------------

static __device__ void sky(const Scene &s, Vec ray, i64 *light) {
    i64 height = clamped((ray.y < 0 ? -ray.y : ray.y) >> 14, 0, Q16), share = (height * (2 * Q16 - height)) >> 16;
    for (int c = 0; c < 3; c++)
        light[c] = s.horizon[c] + (((s.zenith[c] - s.horizon[c]) * share) >> 16);
}

static __device__ i64 fading(const Scene &s, i64 distance) {
    if (!s.fade) return 0;
    i64 share = ((distance < s.fade ? distance : s.fade) * ((1ll << 40) / s.fade)) >> 24;
    return (share * share) >> 16;
}

// The unit normal where a ray has met a shape, turned to the ray; moves a sphere's point onto it.
static __device__ Vec normal_at(const Scene &s, int shape, Vec ray, Vec *point) {
    Vec normal;
    if (shape < s.spheres) {
        const i64 *sphere = s.sphere + SPHERE_WORDS * shape;
        normal = normalized(times(minus(*point, vec(sphere)), 8));
        *point = along(vec(sphere), normal, sphere[3]);
    } else {
        normal = vec(s.surface + SURFACE_WORDS * (shape - s.spheres));
    }
    return dot(normal, ray) > 0 ? times(normal, -1) : normal;
}

static __device__ bool is_odd(i64 place, i64 side) {
    i64 rest = (place >> 30) % (2 * side);
    return (rest < 0 ? rest + 2 * side : rest) >= side;
}

static __device__ const i64 *colour_at(const Scene &s, int shape, Vec point) {
    const i64 *material = s.material + MATERIAL_WORDS * shape;
    i64 side = material[SQUARE];
    if (shape < s.spheres || side == 0) return material;
    const i64 *tiling = s.surface + SURFACE_WORDS * (shape - s.spheres) + 4;
    bool first = is_odd(dot(vec(tiling), point), side);
    return first != is_odd(dot(vec(tiling + 3), point), side) ? material + 3 : material;
}

// Adds what one light gives to a point; `from` is the point, lifted from its surface.
static __device__ void add_light(const Scene &s, const i64 *light, const i64 *material,
                                 const i64 *colour, Vec from, Vec ray, Vec normal, i64 *total) {
    Vec path = minus(vec(light), from), direction = normalized(times(path, 4));
    i64 facing = dot(normal, direction) >> TO_Q16;
    if (facing <= 0 || !is_clear(s, from, direction, isqrt(dot(path, path)))) return;
    Vec sum = minus(direction, ray), halfway = normalized(Vec{sum.x >> 1, sum.y >> 1, sum.z >> 1});
    i64 gleam = clamped(dot(normal, halfway) >> TO_Q16, 0, Q16);
    for (int k = 0; k < MOST_SHINE && k < material[SHINE]; k++) gleam = (gleam * gleam) >> 16;
    gleam = (gleam * material[HIGHLIGHT]) >> 16;
    for (int c = 0; c < 3; c++)
        total[c] += ((((colour[c] * facing) >> 16) + gleam) * light[3 + c]) >> 16;
}

static __device__ void traced(const Scene &s, Vec ray, i64 *light) {
    Vec origin = vec(s.eye);
    i64 weight = Q16, distance, above[3], colour[3];
    for (int bounce = 0; bounce <= s.bounces && weight >= FAINTEST; bounce++) {
        int shape = nearest(s, origin, ray, &distance);
        if (shape < 0) break;
        Vec point = along(origin, ray, distance), normal = normal_at(s, shape, ray, &point);
        const i64 *material = s.material + MATERIAL_WORDS * shape;
        const i64 *surface = colour_at(s, shape, point);
        origin = along(point, normal, LIFT);
        for (int c = 0; c < 3; c++) colour[c] = (surface[c] * s.ambient[c]) >> 16;
        for (int i = 0; i < s.lights; i++)
            add_light(s, s.light + LIGHT_WORDS * i, material, surface, origin, ray, normal, colour);
        i64 clear = Q16 - fading(s, distance);
        sky(s, ray, above);
        for (int c = 0; c < 3; c++) {
            i64 kept = (colour[c] * (Q16 - material[MIRROR])) >> 16;
            light[c] += (weight * ((kept * clear + above[c] * (Q16 - clear)) >> 16)) >> 16;
        }
        weight = (((weight * material[MIRROR]) >> 16) * clear) >> 16;
        i64 depth = dot(ray, normal) >> 29;
        ray = normalized(minus(ray, along(Vec{0, 0, 0}, normal, depth)));
    }
    if (weight < FAINTEST) return;
    sky(s, ray, above);
    for (int c = 0; c < 3; c++) light[c] += (weight * above[c]) >> 16;
}

// ---- Pixels ------------------------------------------------------------------------------------

static __device__ Vec eye_ray(const Scene &s, int column, int row) {
    i64 scale = Q30 / (s.height * s.side);
    Vec screen{((2ll * column + 1 - (i64)s.width * s.side) * scale) >> 4,
               (((i64)s.height * s.side - 2ll * row - 1) * scale) >> 4, s.zoom << 10};
    const i64 *right = s.axes, *up = s.axes + 3, *ahead = s.axes + 6;
    return normalized(Vec{dot(Vec{right[0], up[0], ahead[0]}, screen) >> 30,
                          dot(Vec{right[1], up[1], ahead[1]}, screen) >> 30,
                          dot(Vec{right[2], up[2], ahead[2]}, screen) >> 30});
}

// What is added to a pixel before it is rounded down, by its place in the tile.
static __device__ i64 dither(int x, int y) {
    int rank = 0;
    for (int bit = 0; bit < 2; bit++)
        rank = 4 * rank + 2 * (((x ^ y) >> bit) & 1) + ((y >> bit) & 1);
    return rank * (Q16 / 16) + Q16 / 32;
}

// The three bytes of a pixel.
static __device__ void draw(const Scene &s, int x, int y, unsigned char *out) {
    unsigned samples = s.side * s.side;
    i64 sums[3] = {};
    for (unsigned sample = 0; sample < samples; sample++) {
        i64 light[3] = {};
        traced(s, eye_ray(s, x * s.side + sample % s.side, y * s.side + sample / s.side), light);
        for (int c = 0; c < 3; c++) sums[c] += clamped(light[c], 0, Q16);
    }
    for (int c = 0; c < 3; c++)
        out[c] = (isqrt(sums[c] / samples * Q16) * 255 + dither(x, y)) >> 16;
}

} // namespace rendering

// Draws `count` tiles, listed by number, as 4 x 4 x (red, green, blue). Any grid and block.
extern "C" __global__ void __launch_bounds__(256)
render_tiles(const i64 *words, const unsigned *tiles, unsigned count, unsigned char *out) {
    rendering::Scene s = rendering::scene_of(words);
    unsigned side = rendering::TILE_SIDE, pixels = side * side, across = (s.width + side - 1) / side;
    u64 total = (u64)count * pixels, stride = (u64)gridDim.x * blockDim.x;
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < total; i += stride) {
        unsigned tile = tiles[i / pixels], pixel = i % pixels;
        rendering::draw(s, tile % across * side + pixel % side, tile / across * side + pixel / side,
                        out + 3 * i);
    }
}
