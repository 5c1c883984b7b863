#version 330 core
// Land points: dropped where the globe hides them, lit by the sun, tinted by the auras of the regions around them.
//
// in_point         x, y, z times 32767 (earth-fixed unit vector); w: share of sea around the point times 32767
// in_aura_numbers  which auras reach the point; in_aura_weights how strongly, 0..1, 0 for an unused place
// Colours are sRGB as shown: these points are drawn, not measured.

in ivec4 in_point;
in uvec4 in_aura_numbers;
in vec4 in_aura_weights;

uniform mat4 u_view_projection;
uniform vec3 u_eye;
uniform vec3 u_sun_direction;
uniform float u_point_size_px;

// rgb: colour; a: strength
layout(std140) uniform Auras {
    vec4 u_auras[255];
};

flat out vec3 v_color;
flat out float v_radius_px;

const vec3 DAY = vec3(1.00, 0.91, 0.75);
const vec3 DUSK = vec3(0.86, 0.52, 0.36);
const vec3 NIGHT = vec3(0.27, 0.36, 0.56);
const vec3 HAZE = vec3(0.36, 0.62, 0.98);

vec3 sunlit(vec3 place) {
    float height = dot(place, u_sun_direction);
    vec3 shadow_side = mix(NIGHT, DUSK, 0.55 * smoothstep(-0.16, 0.06, height));
    return mix(shadow_side, DAY * (0.72 + 0.28 * height), smoothstep(-0.02, 0.28, height));
}

vec4 aura() {
    vec4 sum = vec4(0.0);
    float dark = 1.0;
    for (int i = 0; i < 4; ++i) {
        vec4 light = u_auras[in_aura_numbers[i]];
        float strength = light.a * in_aura_weights[i];
        sum += vec4(light.rgb * strength, strength);
        dark *= 1.0 - strength;
    }
    return vec4(sum.rgb / max(sum.a, 1e-4), 1.0 - dark);
}

void main() {
    vec3 place = vec3(in_point.xyz) / 32767.0;
    vec3 to_eye = u_eye - place;
    float facing = dot(place, to_eye) * inversesqrt(dot(to_eye, to_eye));
    if (facing < 0.01) {
        gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
        return;
    }
    gl_Position = u_view_projection * vec4(place, 1.0);
    float coast = float(in_point.w) / 32767.0;
    float rim = 1.0 - facing;
    float size = u_point_size_px * (0.62 + 0.38 * facing);
    v_radius_px = 0.5 * size;
    gl_PointSize = size + 1.0;  // room for a soft edge

    float daylight = smoothstep(-0.1, 0.3, dot(place, u_sun_direction));
    vec3 ground = sunlit(place) * (0.82 + 0.40 * min(coast * 1.6, 1.0));
    ground = mix(ground, HAZE * (0.15 + 0.85 * daylight), 0.62 * rim * rim * rim);
    vec4 tint = aura();
    v_color = mix(ground, tint.rgb * (0.62 + 0.60 * tint.a), sqrt(tint.a));
}
