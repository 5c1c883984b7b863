#version 330 core
// The sky, the sea and the air between them, computed at the corners of a web around the middle of the picture.
//
// The camera looks at the centre of the globe, so all that depends on a ray's distance from the centre changes
// along the spokes of the web and is as smooth as the sunlight along its rings. Light is computed at each corner
// by single scattering and interpolated over the pixels: a few thousand marches instead of half a million.
//
// in_corner  x: ring 0..1 inside its zone; y: spoke's angle in radians; z: zone (0 globe, 1 air, 2 sky)
// Lengths are globe radii, directions earth-fixed, light is linear RGB until the last line of main.
// Method: Nishita et al. 1993, march along the view ray; sunlight from a table (gl/geometry/scattering.py).

in vec3 in_corner;

uniform vec3 u_eye;
uniform vec3 u_right;
uniform vec3 u_up;
uniform vec3 u_forward;
uniform vec3 u_sun_direction;
uniform vec2 u_half_extent;     // tangents of half the opening angles
uniform float u_pixel_tangent;  // tangent of one device pixel
uniform float u_row_sign;
uniform float u_top_radius;
uniform vec2 u_scale_heights;   // Rayleigh, Mie
uniform vec3 u_rayleigh;        // scattering at the ground per globe radius
uniform vec2 u_mie;             // scattering, extinction at the ground per globe radius
uniform sampler2D u_sunlight;

out vec3 v_color;

const int STEPS = 16;
const float PI = 3.14159265;
const vec3 SUN = vec3(7.8, 9.3, 15.0);                 // bluer than the real one: a rim of light, not of milk
const float MIE_FORWARD = 0.76;                        // Henyey and Greenstein's g of haze
const float HIGH_SUN_AIR = 0.035;                       // share of the air's light kept where one looks straight down
const vec3 NIGHT_AIR = vec3(0.010, 0.022, 0.060);      // light of the night air: the rim never goes out
const vec3 SEA = vec3(0.0008, 0.0034, 0.0115);         // reflects so much of the sunlight
const vec3 NIGHT_SEA = vec3(0.0014, 0.0040, 0.0205);
const vec3 GLINT = vec3(0.013, 0.019, 0.027);
const vec3 SKY_NEAR = vec3(0.00190, 0.00290, 0.00740);
const vec3 SKY_FAR = vec3(0.00055, 0.00085, 0.00240);
const vec3 HALO = vec3(0.010, 0.036, 0.120);
const float HALO_WIDTH = 0.16;                         // globe radii in which the halo falls to 1/e

vec3 sunlight_at(vec3 place) {
    float radius = length(place);
    float cosine = dot(place, u_sun_direction) / radius;
    float sunset = -sqrt(max(0.0, 1.0 - 1.0 / (radius * radius)));
    float above = (cosine - sunset) / (1.0 - sunset);
    vec2 where = vec2(sqrt(max(above, 0.0)), (radius - 1.0) / (u_top_radius - 1.0));
    // The globe's shadow has a soft edge, or the web's corners would show in it.
    return textureLod(u_sunlight, where, 0.0).rgb * smoothstep(-0.012, 0.012, above);
}

// Light scattered towards the eye between two distances along a ray; `seen` is what is left of what lies behind.
vec3 scattered(vec3 ray, float near, float far, out vec3 seen) {
    float cosine = dot(ray, u_sun_direction);
    float g = MIE_FORWARD;
    float rayleigh_phase = 3.0 / (16.0 * PI) * (1.0 + cosine * cosine);
    float mie_phase = (1.0 - g * g) / (4.0 * PI * pow(1.0 + g * g - 2.0 * g * cosine, 1.5));
    float stride = (far - near) / float(STEPS);
    vec3 light = vec3(0.0);
    vec3 depth = vec3(0.0);
    for (int i = 0; i < STEPS; ++i) {
        vec3 place = u_eye + ray * (near + (float(i) + 0.5) * stride);
        vec2 density = exp(-max(length(place) - 1.0, 0.0) / u_scale_heights);
        vec3 extinction = (u_rayleigh * density.x + u_mie.y * density.y) * stride;
        vec3 left = exp(-depth - 0.5 * extinction);
        vec3 rayleigh = u_rayleigh * (density.x * stride);
        vec3 sun = SUN * sunlight_at(place);
        light += left * (rayleigh * (sun * rayleigh_phase + NIGHT_AIR) + sun * (u_mie.x * density.y * stride * mie_phase));
        depth += extinction;
    }
    seen = exp(-depth);
    return light;
}

vec3 sea_light(vec3 place, vec3 ray) {
    float day = max(dot(place, u_sun_direction), 0.0);
    vec3 half_way = normalize(u_sun_direction - ray);
    float glint = pow(max(dot(place, half_way), 0.0), 40.0);
    return sunlight_at(place) * (SEA * SUN * day + GLINT * glint) + NIGHT_SEA;
}

vec3 sky_light(float tangent, vec3 spoke) {
    float distance_to_limb = max(tangent * length(u_eye) * inversesqrt(1.0 + tangent * tangent) - 1.0, 0.0);
    float corner = length(u_half_extent);
    float daylight = smoothstep(-0.55, 0.75, dot(spoke, u_sun_direction));
    vec3 halo = HALO * daylight * exp(-distance_to_limb / HALO_WIDTH);
    return mix(SKY_NEAR, SKY_FAR, smoothstep(0.0, 1.0, tangent / corner)) + halo;
}

float ring_tangent(float limb, float top) {
    float corner = 1.02 * length(u_half_extent);
    float within = in_corner.x;
    if (in_corner.z < 0.5) {
        return (1.0 - (1.0 - within) * (1.0 - within)) * min(limb - 0.7 * u_pixel_tangent, corner);
    }
    float edge = limb + 0.7 * u_pixel_tangent;
    if (in_corner.z < 1.5) {
        return mix(edge, top, within * within);
    }
    return mix(top, max(top, corner), within * within);
}

void main() {
    float away = length(u_eye);
    float limb = inversesqrt(away * away - 1.0);
    float top = u_top_radius * inversesqrt(away * away - u_top_radius * u_top_radius);
    float tangent = ring_tangent(limb, top);
    vec2 direction = vec2(cos(in_corner.y), sin(in_corner.y));
    vec3 spoke = u_right * direction.x + u_up * direction.y;
    vec3 ray = normalize(u_forward + spoke * tangent);

    float middle = -dot(ray, u_eye);
    float nearest_squared = away * away - middle * middle;
    float half_shell = sqrt(max(u_top_radius * u_top_radius - nearest_squared, 0.0));
    float half_globe = sqrt(max(1.0 - nearest_squared, 0.0));
    bool is_globe = in_corner.z < 0.5;
    float end = is_globe ? middle - half_globe : middle + half_shell;

    vec3 seen;
    vec3 air = scattered(ray, middle - half_shell, end, seen);
    vec3 behind = is_globe ? sea_light(normalize(u_eye + ray * end), ray) : sky_light(tangent, spoke);
    if (is_globe) {
        // Real air would veil the points: it shows in full only where the ground turns away from the eye.
        float grazing = 1.0 + dot(ray, normalize(u_eye + ray * end));
        air *= mix(HIGH_SUN_AIR, 1.0, grazing * grazing * grazing);
    }
    v_color = pow(1.0 - exp(-(air + behind * seen)), vec3(1.0 / 2.2));
    gl_Position = vec4(direction * tangent / u_half_extent * vec2(1.0, u_row_sign), 0.0, 1.0);
}
