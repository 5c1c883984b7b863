#version 330 core
// Premultiplied light of a marker: soft halo, or bright core with a dark edge, and a ring where it is selected.

in vec2 v_corner;
flat in vec3 v_color;
flat in vec4 v_look;
flat in vec2 v_state;

uniform float u_is_halo;
uniform float u_time_s;

out vec4 frag_color;

vec4 halo(float from_middle) {
    float fall = max(1.0 - from_middle, 0.0);
    float light = fall * fall * (0.16 + 0.62 * fall * fall * fall * fall);
    return vec4(v_color * light * v_look.z, 0.0);
}

float ring(float from_middle_px, float radius_px, float width_px) {
    return clamp(width_px * 0.5 + 0.5 - abs(from_middle_px - radius_px), 0.0, 1.0);
}

vec4 core(float from_middle_px) {
    float radius = v_look.x;
    float disc = clamp(radius + 0.5 - from_middle_px, 0.0, 1.0);
    float edge = clamp(radius + 2.0 - from_middle_px, 0.0, 1.0) * 0.55;
    vec3 light = mix(vec3(1.0), v_color, smoothstep(0.25, 1.0, from_middle_px / radius));
    vec4 dot_color = vec4(light * disc, max(disc, edge));
    float breath = 0.5 - 0.5 * cos(u_time_s * 3.2);
    float pulse = v_state.x * ring(from_middle_px, radius * (2.35 + 0.55 * breath), 1.5) * (1.0 - 0.35 * breath);
    float hover = v_state.y * (1.0 - v_state.x) * ring(from_middle_px, radius * 2.1, 1.2) * 0.7;
    float line = max(pulse, hover);
    return dot_color + vec4(mix(v_color, vec3(1.0), 0.45), 1.0) * line * (1.0 - dot_color.a);
}

void main() {
    float from_middle = length(v_corner);
    vec4 light = u_is_halo > 0.5 ? halo(from_middle) : core(from_middle * v_look.y);
    frag_color = light * v_look.w;
}
