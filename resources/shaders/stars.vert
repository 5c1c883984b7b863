#version 330 core
// Stars: points at infinity, gone where the globe and its air are in front of them.
//
// in_direction   unit vector, earth-fixed
// in_brightness  0..1;  in_warmth 0 (blue) .. 1 (amber)

in vec3 in_direction;
in float in_brightness;
in float in_warmth;

uniform mat4 u_view_projection;
uniform vec3 u_forward;
uniform float u_covered_cosine;  // of the angle that globe and air cover around the middle of the picture
uniform float u_device_pixel_ratio;

out vec3 v_color;

void main() {
    if (dot(in_direction, u_forward) > u_covered_cosine) {
        gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
        return;
    }
    gl_Position = u_view_projection * vec4(in_direction, 0.0);
    gl_Position.z = 0.0;
    gl_PointSize = (in_brightness > 0.75 ? 2.0 : 1.0) * u_device_pixel_ratio;
    v_color = mix(vec3(0.62, 0.74, 1.0), vec3(1.0, 0.86, 0.70), in_warmth) * in_brightness;
}
