#version 330 core
// The air by a march of 16 steps along the view and 8 towards the sun at every pixel that shows air.

in vec2 v_place;

uniform vec3 u_eye;
uniform vec3 u_right;
uniform vec3 u_up;
uniform vec3 u_forward;
uniform vec3 u_sun_direction;
uniform vec2 u_half_extent;

out vec4 frag_color;

const float TOP = 1.085;
const vec2 HEIGHTS = vec2(0.017, 0.0065);
const vec3 RAYLEIGH = vec3(1.89, 4.45, 10.9);
const float MIE = 1.85;

float way_out(vec3 place, vec3 direction) {
    float middle = dot(place, direction);
    return -middle + sqrt(max(middle * middle - dot(place, place) + TOP * TOP, 0.0));
}

vec3 sunlight(vec3 place) {
    float stride = way_out(place, u_sun_direction) / 8.0;
    vec2 depth = vec2(0.0);
    for (int i = 0; i < 8; ++i) {
        float height = length(place + u_sun_direction * (float(i) + 0.5) * stride) - 1.0;
        if (height < -0.001) {
            return vec3(0.0);
        }
        depth += exp(-height / HEIGHTS) * stride;
    }
    return exp(-RAYLEIGH * depth.x - MIE * depth.y);
}

void main() {
    vec2 plane = v_place * u_half_extent;
    vec3 ray = normalize(u_forward + u_right * plane.x + u_up * plane.y);
    float middle = -dot(ray, u_eye);
    float nearest = dot(u_eye, u_eye) - middle * middle;
    if (nearest > TOP * TOP) {
        frag_color = vec4(0.0, 0.0, 0.0, 1.0);
        return;
    }
    float near = middle - sqrt(TOP * TOP - nearest);
    float far = nearest < 1.0 ? middle - sqrt(1.0 - nearest) : 2.0 * middle - near;
    float stride = (far - near) / 16.0;
    vec3 light = vec3(0.0);
    vec3 depth = vec3(0.0);
    for (int i = 0; i < 16; ++i) {
        vec3 place = u_eye + ray * (near + (float(i) + 0.5) * stride);
        vec2 density = exp(-max(length(place) - 1.0, 0.0) / HEIGHTS) * stride;
        depth += RAYLEIGH * density.x + MIE * density.y;
        light += exp(-depth) * sunlight(place) * (RAYLEIGH * density.x + MIE * density.y);
    }
    frag_color = vec4(1.0 - exp(-light), 1.0);
}
